// Payloads that a server gives out to whoever asks for them: by HTTP (the last part of the path is the
// token), by DNS (TXT records of names below the token, below a domain of the server's).
//
// Tokens are new in the process. All calls from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "lab/payload.h"
#include "os/raw_sender.h"

namespace vauban::lab {

class Offers {
 public:
  std::string add(const Payload& payload);
  void remove(const std::string& token);

  // The whole payload, for "/a/b/TOKEN", "http://host/TOKEN"; nothing where nobody offers that.
  std::optional<std::string> byPath(std::string_view path) const;
  // The data of a TXT record (RFC 1035 section 3.3.14) for `chunkName` below a domain.
  std::optional<os::Bytes> byName(std::string_view name) const;

  // NONCE.cNUMBER.TOKEN: with a domain behind it, the name that leads to a chunk.
  static std::string chunkName(const std::string& token, std::size_t chunk, std::string_view nonce);
  // A whole HTTP response with the payload, not to be kept by caches.
  static std::string response(std::string_view payload);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Payload, std::less<>> payloads_;
};

}  // namespace vauban::lab
