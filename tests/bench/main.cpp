// signflip_bench: the cases under Google Benchmark, with its options (--benchmark_filter=…), and
// three services for tools/bench:
//
//   signflip_bench --ask                     reads "case seconds" lines, answers each with a time
//   signflip_bench --write-models FOLDER     S, M and G as model files, for other libraries
//   signflip_bench --memory                  what 10,000 attacks and a training leave and take
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string_view>
#include <thread>

#include "bench/cases.h"
#include "core/memory.h"
#include "data/file.h"
#include "nn/model_file.h"

namespace signflip::bench {
namespace {

const Case& find(const std::vector<Case>& cases, const std::string& name) {
  for (const Case& each : cases) {
    if (each.name == name) return each;
  }
  die("there is no case '" + name + "'");
}

/// The case set up last: repetitions of a case in random order would otherwise set up each anew,
/// and all together take gigabytes.
const std::function<void()>& prepared(const Case& wanted) {
  static std::string name;
  static std::function<void()> run;
  if (name != wanted.name) {
    run = nullptr;
    run = wanted.prepare();
    name = wanted.name;
  }
  return run;
}

void register_case(const Case& each) {
  benchmark::RegisterBenchmark(
      each.name.c_str(),
      [each](benchmark::State& state) {
        const std::function<void()>& run = prepared(each);
        for ([[maybe_unused]] auto _ : state) run();
        const auto times = static_cast<double>(state.iterations());
        if (each.images > 0) {
          state.counters["images/s"] = {each.images * times, benchmark::Counter::kIsRate};
        }
        if (each.operations > 0) {
          state.counters["FLOP/s"] = {each.operations * times, benchmark::Counter::kIsRate};
        }
      })
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

int answer(const std::vector<Case>& cases) {
  std::string line;
  while (std::getline(std::cin, line)) {
    const std::size_t space = line.rfind(' ');
    if (space == std::string::npos) die("expected 'case seconds', found '" + line + "'");
    const Case& asked = find(cases, line.substr(0, space));
    const Timing timing = measure(prepared(asked), std::stod(line.substr(space + 1)));
    std::printf("{\"best\": %.9g, \"median\": %.9g, \"runs\": %zu, \"images\": %.9g}\n",
                timing.best, timing.median, timing.runs, asked.images);
    std::fflush(stdout);
  }
  return 0;
}

int write_models(const std::string& folder) {
  for (const char net : {'S', 'M', 'G'}) {
    const Status written =
        write_file_atomically(folder + "/" + net + ".safetensors", format_model(network(net), {}));
    if (!written) die(written.error().message);
  }
  return 0;
}

/// Bytes of this process in memory now.
double resident() {
  std::ifstream statm("/proc/self/statm");
  double total = 0, pages = 0;
  statm >> total >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

int tell_memory(const std::vector<Case>& cases) {
  constexpr double kMegabyte = 1024 * 1024;
  const auto attack = find(cases, "fgsm/S/1/threads:1").prepare();
  for (int i = 0; i < 100; ++i) attack();
  const double before = resident();
  for (int i = 0; i < 10000; ++i) attack();
  const double grown = resident() - before;
  const auto training = find(cases, "training-step/M/128/threads:1").prepare();
  for (int i = 0; i < 3; ++i) training();
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::printf("{\"grown_by_10000_attacks_mb\": %.2f, \"peak_of_training_m_mb\": %.1f}\n",
              grown / kMegabyte, static_cast<double>(used.ru_maxrss) / 1024);
  return 0;
}

int run(int argc, char** argv) {
  const std::vector<Case> cases =
      all_cases(static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "--ask") return answer(cases);
  if (first == "--memory") return tell_memory(cases);
  if (first == "--write-models") {
    if (argc != 3) die("--write-models needs a folder");
    return write_models(argv[2]);
  }
  for (const Case& each : cases) register_case(each);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace signflip::bench

int main(int argc, char** argv) {
  signflip::keep_freed_memory();  // as the tool does
  return signflip::bench::run(argc, argv);
}
