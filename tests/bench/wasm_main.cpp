// The cases as a WebAssembly module, for node and Chromium; tests/bench/web.mjs asks it. Timing
// happens in here, so that it says what code in a module can do; what calls from JavaScript cost on
// top, the comparison with other libraries shows.
#include <emscripten/bind.h>

#include "bench/cases.h"

namespace signflip::bench {
namespace {

const std::vector<Case>& cases() {
  static const std::vector<Case> all = all_cases(1);
  return all;
}

emscripten::val names() {
  auto list = emscripten::val::array();
  for (const Case& each : cases()) list.call<void>("push", each.name);
  return list;
}

/// {case, best, median, images, operations} of the case of that number.
emscripten::val time_case(unsigned number, double seconds) {
  const Case& asked = cases()[number];
  const Timing timing = measure(asked.prepare(), seconds);
  auto row = emscripten::val::object();
  row.set("case", asked.name);
  row.set("best", timing.best);
  row.set("median", timing.median);
  row.set("images", asked.images);
  row.set("operations", asked.operations);
  return row;
}

}  // namespace
}  // namespace signflip::bench

EMSCRIPTEN_BINDINGS(signflip_bench) {
  emscripten::function("names", &signflip::bench::names);
  emscripten::function("timeCase", &signflip::bench::time_case);
}
