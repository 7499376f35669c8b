// The files of a model, read and merged into one tree; for the files of this room only.
//
// A model is a file with what it includes, or the *.yaml and *.yml files of a folder in name order. A file
// comes before what it includes, and includes come in the order in which they are written, each file once:
// the order of the flow rules follows from it. Mappings are joined by key (a key in two files is an error),
// lists one after the other; what is neither may be said by one file only, but for `vauban`, which each file
// may repeat. No file outside the model's folder is opened, whichever way symbolic links lead.
#pragma once

#include <string>
#include <vector>

#include "model/model_reader.h"
#include "model/node_reader.h"

namespace vauban::model {

struct ModelFiles {
  yaml::NodePtr root;  // null where no file could be read
  std::string folder;
  std::vector<std::string> tried;  // every file that was asked for, read or not
};

ModelFiles readModelFiles(const std::string& path, const ReadLimits& limits, NodeReader& reader);
ModelFiles readModelMemory(const std::string& name, const std::string& text, const ReadLimits& limits,
                           NodeReader& reader);

}  // namespace vauban::model
