// What the process tells its caller; the same numbers for every command.
#pragma once

namespace vauban {

enum class ExitCode : int {
  ok = 0,         // all kept or waived; or the command did its work
  broken = 1,     // some claim broken, or conditional without --allow-conditional
  wrong = 2,      // the model or the call is wrong; nothing was judged
  undecided = 3,  // some claim undecided, none broken
};

}  // namespace vauban
