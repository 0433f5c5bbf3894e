// The list of cases, and the plain loop that times one.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "bench/cases.h"

namespace signflip::bench {

void die(const std::string& sentence) {
  std::fprintf(stderr, "%s\n", sentence.c_str());
  std::exit(1);
}

std::vector<Case> all_cases(int threads) {
  std::vector<Case> cases;
  add_peak_cases(cases, 1);
  if (threads > 1) add_peak_cases(cases, threads);
  add_kernel_cases(cases);
  add_network_cases(cases, 1);
  if (threads > 1) add_network_cases(cases, threads);
  add_training_cases(cases, 1);
  if (threads > 1) add_training_cases(cases, threads);
  return cases;
}

Timing measure(const std::function<void()>& run, double budget) {
  using Clock = std::chrono::steady_clock;
  const auto seconds = [](Clock::duration time) {
    return std::chrono::duration<double>(time).count();
  };
  constexpr double kSample = 2e-3;  // long beside the clock's grain
  auto start = Clock::now();
  run();
  run();
  const double guess = seconds(Clock::now() - start) / 2;
  const std::size_t together =
      guess >= kSample ? 1 : static_cast<std::size_t>(kSample / std::max(guess, 1e-9)) + 1;
  std::vector<double> samples;
  Timing timing;
  const auto begin = Clock::now();
  do {
    start = Clock::now();
    for (std::size_t i = 0; i < together; ++i) run();
    samples.push_back(seconds(Clock::now() - start) / static_cast<double>(together));
    timing.runs += together;
  } while (seconds(Clock::now() - begin) < budget);
  std::sort(samples.begin(), samples.end());
  timing.best = samples.front();
  timing.median = samples[samples.size() / 2];
  return timing;
}

}  // namespace signflip::bench
