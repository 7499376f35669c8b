#include "diff_command.h"

#include <iostream>
#include <iterator>

#include "load_model.h"
#include "model/diagnostic_text.h"
#include "report/model_diff.h"
#include "report/verdict_report.h"

namespace vauban {

ExitCode diffCommand(const std::string& oldPath, const std::string& newPath, const std::string& today,
                     const std::string& format) {
  const auto before = loadModel(oldPath), after = loadModel(newPath);
  Diagnostics problems;
  for (const auto* loaded : {&before, &after}) {
    if (!*loaded) problems.insert(problems.end(), loaded->error().begin(), loaded->error().end());
  }
  if (!before || !after) {
    sortDiagnostics(problems);
    if (format == "json") std::cout << report::diagnosticsJson(problems);
    std::cerr << model::diagnosticText(problems);
    return ExitCode::wrong;
  }
  const channel::Judge oldJudge(before->model, before->behaviours, today);
  const channel::Judge newJudge(after->model, after->behaviours, today);
  const report::ModelDiff diff = report::diffModels({&before->model, &oldJudge, oldJudge.judgeAll()},
                                                    {&after->model, &newJudge, newJudge.judgeAll()});
  std::cout << (format == "json" ? report::diffJson(diff) : report::diffMarkdown(diff));
  return diff.gotWorse() ? ExitCode::broken : ExitCode::ok;
}

}  // namespace vauban
