// signflip patch: a square that fools a model wherever it is put.
#include "attack/shared/patch.h"

#include "shared_attack.h"

namespace signflip::cli {
namespace {

struct PatchOptions {
  SharedOptions shared;
  std::vector<int> place;
  std::vector<double> scale = {1, 1};
  PatchSettings change;
};

/// Completes options.change by the lists of numbers.
Status take_lists(PatchOptions& options) {
  PatchPlacing& placing = options.change.placing;
  placing.smallest = options.scale[0];
  placing.largest = options.scale.back();
  if (options.scale.size() > 2) {
    return Error{"--scale has " + std::to_string(options.scale.size()) +
                 " numbers, expected one or two, such as 0.8,1.2"};
  }
  if (!options.place.empty()) {
    if (options.place.size() != 2) {
      return Error{"--at has " + std::to_string(options.place.size()) +
                   " numbers, expected a row and a column, such as 2,20"};
    }
    placing.place = std::pair{options.place[0], options.place[1]};
  }
  return {};
}

Status run(PatchOptions& options) {
  const Status taken = take_lists(options);
  if (!taken) return taken;
  const PatchSettings& change = options.change;
  const SharedKind kind{
      .name = "patch",
      .random = "random patch",
      .make = [&](const DifferentiableModel& model) -> Result<SharedChanges> {
        const Status fits = check_patch(change, model.input_shape());
        if (!fits) return fits.error();
        return patch_changes(change, model.input_shape(), model.bounds(), options.shared.seed);
      },
      .describe = [&](const SharedChange&) -> OrderedJson {
        const PatchPlacing& placing = change.placing;
        OrderedJson json = {{"size", change.side},
                            {"rotation", placing.rotation},
                            {"scale", {placing.smallest, placing.largest}},
                            {"at", nullptr},
                            {"step_size", change.step_size}};
        if (placing.place) json["at"] = {placing.place->first, placing.place->second};
        return json;
      },
      .npy_shape =
          [&](ImageShape shape) {
            const auto side = static_cast<std::size_t>(change.side);
            return std::vector{side, side, static_cast<std::size_t>(shape.channels)};
          },
      .picture =
          [&](const SharedChange& made, ImageShape shape) {
            Tensor picture(1, {change.side, change.side, shape.channels});
            std::ranges::copy(made.values(), picture.values().begin());
            return picture;
          }};
  return run_shared(options.shared, kind);
}

}  // namespace

void add_patch(const Command& app, Context& context) {
  auto options = std::make_shared<PatchOptions>();
  const Command command = app.add_command(
      "patch",
      "A square that fools a model wherever it is put: learnt from some images, judged on others",
      "signflip patch --model models/mnist-standard.safetensors --dataset mnist \\\n"
      "    --size 8 --limit 1000 --out patch.npy --png patch.png\n"
      "  signflip patch --model models/mnist-standard.safetensors --dataset mnist \\\n"
      "    --size 8 --target 3 --rotation 20 --scale 0.8,1.2 --limit 1000 \\\n"
      "    --json patch.json");
  options->shared.add_to(command, "the patch, size×size×C");
  command.add_option("--size", options->change.side, "pixels of its side").required();
  command
      .add_option("--at", options->place,
                  "row and column of its upper left pixel, 2,20 (default: anywhere inside the "
                  "image, at random)")
      .separated_by(',')
      .takes_one_each();
  command
      .add_option("--rotation", options->change.placing.rotation,
                  "turned by at most so many degrees to either side, at random")
      .shows_default();
  command
      .add_option("--scale", options->scale,
                  "its size is times this, or at random between two numbers, 0.8,1.2 (default: 1)")
      .separated_by(',')
      .takes_one_each();
  add_fraction_option(command, "--step-size", options->change.step_size,
                      "how far a pixel moves in one step, pixels in [0,1]");
  command.when_given([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
