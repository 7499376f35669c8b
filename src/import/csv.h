// A table of filter rules as text (RFC 4180; ',', ';' or tab between cells) -> FilterProgram.
//
// The first row names the columns, each further row is a rule, the first that matches decides, what none
// matches is dropped. Ours are: action, from, to, service, protocol, port, disabled, name. `columns` says
// which heading each has in the file; without it a heading that is our word counts, letter case aside. Needed
// are action, from, to and one of service, protocol, port.
//  - from, to: addresses, networks, ranges (first-last), any, all, *; a list with , ; or new lines; "!"
//  before a word
//    takes it away (from any, where nothing else is listed);
//  - service: the words of the model file (dns, tcp/443, icmp/echo, any), 443/tcp, or a port where the row
//  has a
//    protocol; with a protocol column the service is cut to it;
//  - an empty cell means nothing: "any" has to be written.
// The rules cover both families and say nothing about existing flows.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "import/csv_table.h"
#include "model/filter_program.h"

namespace vauban::import {

Result<model::FilterProgram> importCsv(const std::string& name, std::string_view text,
                                       const std::map<std::string, std::string>& columns = {},
                                       const CsvLimits& limits = {});

}  // namespace vauban::import
