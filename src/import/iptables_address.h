// Addresses as iptables writes them: prefixes, masks of any form, lists; for the files of this room only.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "space/address.h"

namespace vauban::import {

struct IptablesAddresses {
  space::AddressSet addresses;
  bool exact = true;  // a mask that is no prefix and the name of a host are read as supersets
};

// A list separated by commas; the error is a message.
std::expected<IptablesAddresses, std::string> iptablesAddresses(std::string_view text, space::Family family);

}  // namespace vauban::import
