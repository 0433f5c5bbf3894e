// Fuzzes checkpoints: a run either goes on with finite numbers, or is left as it was.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "data/file.h"
#include "fuzz/fuzz.h"
#include "fuzz/repaired_safetensors.h"
#include "fuzz/scratch.h"
#include "support/bars.h"
#include "train/checkpoint.h"

using namespace signflip;

namespace {

struct Run {
  Dataset data = test::bars(40);
  ThreadPool pool{1};
  std::optional<Trainer> trainer;

  Run() {
    auto made = Trainer::create(test::config(Method::fast), test::network(), data, pool);
    if (!made || !made->train_epoch({})) std::abort();
    trainer.emplace(std::move(*made));
  }
};

Run& run() {
  static Run instance;
  return instance;
}

void resume_with(std::span<const std::uint8_t> bytes) {
  Trainer& trainer = *run().trainer;
  const auto finite = [&] {
    const Trainer::Snapshot now = trainer.snapshot();
    for (const std::span<float> part : {now.parameters, now.statistics, now.first_moment,
                                        now.second_moment, now.average, now.method}) {
      if (!std::ranges::all_of(part, [](float v) { return std::isfinite(v); })) return false;
    }
    return true;
  };
  const Status status = resume_from(bytes, "run.checkpoint", trainer);
  if (!status && status.error().message.empty()) std::abort();
  if (!finite() || trainer.epochs_done() > trainer.config().epochs) std::abort();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  resume_with({data, size});
  resume_with(repaired_safetensors({data, size}));
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  const Scratch scratch;
  const auto file = scratch.folder() / "seed.checkpoint";
  if (!save_checkpoint(file, *run().trainer)) std::abort();
  return {*read_file(file)};
}
