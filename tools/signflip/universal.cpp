// signflip universal: one perturbation that fools a model on most images of a dataset.
#include "attack/shared/universal.h"

#include <algorithm>
#include <cmath>

#include "shared_attack.h"

namespace signflip::cli {
namespace {

struct UniversalOptions {
  SharedOptions shared;
  std::string norm = "linf";
  UniversalSettings change;
};

/// Grey where nothing changes; the largest change is black or white.
Tensor picture_of(const SharedChange& change, ImageShape shape) {
  float largest = 0;
  for (const float value : change.values()) largest = std::max(largest, std::abs(value));
  Tensor picture(1, shape);
  std::ranges::transform(change.values(), picture.values().begin(), [&](float value) {
    return largest > 0 ? 0.5F + 0.5F * value / largest : 0.5F;
  });
  return picture;
}

Status run(UniversalOptions& options) {
  UniversalSettings& change = options.change;
  change.norm = norm_from(options.norm);
  const Status checked = check_universal(change);
  if (!checked) return checked;
  const SharedKind kind{.name = "universal",
                        .random = "random signs",
                        .make = [&](const DifferentiableModel& model) -> Result<SharedChanges> {
                          return universal_changes(change, model.input_shape(), model.bounds(),
                                                   options.shared.seed);
                        },
                        .describe = [&](const SharedChange& made) -> OrderedJson {
                          const std::vector<float> origin(made.values().size());
                          const Distances size = distances(origin, made.values());
                          return {{"norm", options.norm},
                                  {"epsilon", change.epsilon},
                                  {"step_size", change.step()},
                                  {"l2", size.l2},
                                  {"linf", size.linf}};
                        },
                        .npy_shape =
                            [](ImageShape shape) {
                              return std::vector{static_cast<std::size_t>(shape.height),
                                                 static_cast<std::size_t>(shape.width),
                                                 static_cast<std::size_t>(shape.channels)};
                            },
                        .picture = picture_of};
  return run_shared(options.shared, kind);
}

}  // namespace

void add_universal(const Command& app, Context& context) {
  auto options = std::make_shared<UniversalOptions>();
  const Command command = app.add_command(
      "universal",
      "One perturbation that fools a model on most images: learnt from some, judged on others",
      "signflip universal --model models/mnist-standard.safetensors --dataset mnist \\\n"
      "    --epsilon 0.1 --limit 1000 --out delta.npy --png delta.png\n"
      "  signflip universal --model models/mnist-standard.safetensors --dataset mnist \\\n"
      "    --epsilon 3 --norm l2 --target 3 --limit 1000 --json universal.json");
  options->shared.add_to(command, "the perturbation, H×W×C");
  add_fraction_option(command, "--epsilon", options->change.epsilon,
                      "the largest perturbation, pixels in [0,1]: 0.1 or 8/255")
      .default_text("")
      .required();
  command.add_option("--norm", options->norm, "of epsilon and of the steps")
      .one_of({"linf", "l2"})
      .shows_default();
  add_fraction_option(command, "--step-size", options->change.step_size,
                      "how far one step goes; 0 means epsilon / 10");
  command.when_given([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
