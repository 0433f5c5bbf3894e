// How fast a CUDA card attacks and trains: images a second of PGD-40 and of training steps, as one
// JSON object a line on stdout. pytorch_cuda.py measures the same in PyTorch; both print the same
// keys, which cuda.mjs reads. Images are random: the time of a fixed number of steps does not
// depend on them.
//
//   signflip_cuda_bench [--nets S,M,G] [--batches 256,1024,8192] [--seconds 2]
//
// Attacks include copying the images to the card and back; training steps do not copy anything.
#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "core/rng.h"
#include "device/device.h"
#include "device/plan.h"
#include "nn/architecture_json.h"
#include "nn/json.h"

namespace signflip {
namespace {

struct Options {
  std::vector<std::string> nets = {"S", "M", "G"};  // those of cases.h, or architectures
  std::vector<std::size_t> batches = {256, 1024, 8192};
  double seconds = 2;
  int steps = 40;
};

Result<Sequential> network_named(const std::string& net) {
  const std::string name = net == "S" ? "s" : net == "M" ? "madry" : net == "G" ? "lenet" : net;
  const bool signs = name == "lenet" || name.starts_with("g");
  auto architecture = named_architecture(
      name, signs ? ImageShape{32, 32, 3} : ImageShape{28, 28, 1}, signs ? 43 : 10);
  if (!architecture) return architecture.error();
  auto network = Sequential::create(std::move(*architecture));
  if (network) network->initialise(1);
  return network;
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Images a second of `round`, which handles `images` and waits for them. The first two rounds,
/// which record and warm up, do not count.
Result<double> speed(double seconds, std::size_t images, const std::function<Status()>& round) {
  for (int i = 0; i < 2; ++i) {
    const Status warm = round();
    if (!warm) return warm.error();
  }
  const double begin = now();
  std::size_t rounds = 0;
  do {
    const Status done = round();
    if (!done) return done.error();
    ++rounds;
  } while (now() - begin < seconds);
  return static_cast<double>(rounds * images) / (now() - begin);
}

Climb pgd(int steps) {
  Climb attack;
  attack.start = Climb::Start::uniform;
  attack.steps = steps;
  attack.step_factor = 2.5;
  return attack;
}

Result<double> attack_speed(device::Device& device, const Sequential& network, std::size_t batch,
                            const Options& options, bool fuse, bool* fused) {
  auto model = device.new_model(*device::make_plan(network), batch, fuse);
  if (!model) return model.error();
  const Status set = (*model)->set_weights(network.parameters(), network.statistics());
  if (!set) return set.error();
  const Climb attack = pgd(options.steps);
  *fused = (*model)->fuses(attack);
  Rng rng(1);
  std::vector<float> images(batch * network.input_shape().size()), adversarial(images.size());
  for (float& value : images) value = rng.uniform();
  std::vector<int> labels(batch);
  std::vector<std::size_t> numbers(batch);
  std::vector<Verdict> verdicts(batch);
  for (std::size_t n = 0; n < batch; ++n) {
    labels[n] = static_cast<int>(n) % network.classes();
    numbers[n] = n;
  }
  const device::AttackBatch attacked{images, labels, {}, numbers, 1, 0, 0.1};
  return speed(options.seconds, batch,
               [&] { return (*model)->craft(attack, attacked, adversarial, verdicts); });
}

Result<double> training_speed(device::Device& device, const Sequential& network, std::size_t batch,
                              const Options& options, bool adversarial) {
  constexpr std::size_t kSteps = 8;  // a round
  Rng rng(1);
  const std::size_t count = kSteps * batch;
  std::vector<std::uint8_t> pixels(count * network.input_shape().size());
  for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(rng.below(256));
  std::vector<int> labels(count);
  std::vector<std::uint32_t> order(count);
  for (std::size_t n = 0; n < count; ++n) {
    labels[n] = static_cast<int>(n) % network.classes();
    order[n] = static_cast<std::uint32_t>(n);
  }
  device::TrainingSettings settings;
  settings.input = adversarial ? device::TrainingSettings::Input::attacked
                               : device::TrainingSettings::Input::clean;
  settings.sources = batch;
  settings.shard = 32;
  settings.beta1 = 0.9F;
  settings.beta2 = 0.999F;
  settings.optimiser_epsilon = 1e-8F;
  auto training = device.new_training(*device::make_plan(network), settings, {pixels, labels});
  if (!training) return training.error();
  std::vector<float> parameters(network.parameters().begin(), network.parameters().end());
  std::vector<float> statistics(network.statistics().begin(), network.statistics().end());
  std::vector<float> first(parameters.size()), second(parameters.size());
  const Status sent = (*training)->upload({parameters, statistics, first, second, {}});
  if (!sent) return sent.error();
  device::TrainingStep step;
  step.epsilon = 0.1;
  step.learning_rate = 1e-3F;
  step.gradient_scale = 1.0F / static_cast<float>(batch);
  const std::vector<device::TrainingStep> steps(kSteps, step);
  const device::TrainingEpoch epoch{order, steps, pgd(options.steps)};
  return speed(options.seconds, count, [&]() -> Status {
    const Status begun = (*training)->begin_epoch(epoch);
    if (!begun) return begun;
    const Status ran = (*training)->run(kSteps);
    if (!ran) return ran;
    const auto sums = (*training)->loss_sums();
    return sums ? Status() : Status(sums.error());
  });
}

/// `configuration`: how it ran, where there is a choice.
Status print(const device::Device& device, const std::string& net, std::size_t batch,
             const std::string& what, const std::string& configuration,
             const Result<double>& speed) {
  if (!speed) {
    return Error{what + " of " + net + " at batch " + std::to_string(batch) + ": " +
                 speed.error().message};
  }
  std::cout << OrderedJson{{"engine", "Signflip"},
                           {"configuration", configuration},
                           {"device", device.name()},
                           {"net", net},
                           {"batch", batch},
                           {"what", what},
                           {"images_per_second", *speed}}
                   .dump()
            << "\n"
            << std::flush;
  return {};
}

Status run(const Options& options) {
  const auto device = device::find_cuda_device();
  if (!device) return device.error();
  const std::string attack = "pgd-" + std::to_string(options.steps);
  for (const std::string& net : options.nets) {
    const auto network = network_named(net);
    if (!network) return network.error();
    for (const std::size_t batch : options.batches) {
      for (const bool fuse : {true, false}) {
        bool fused = false;
        const auto found = attack_speed(**device, *network, batch, options, fuse, &fused);
        if (fuse && found && !fused) continue;  // it does not fit: measured below
        const Status shown =
            print(**device, net, batch, attack, fused ? "one launch" : "graph", found);
        if (!shown) return shown;
      }
      for (const bool adversarial : {false, true}) {
        const Status shown =
            print(**device, net, batch, (adversarial ? attack + "-" : "") + "training-step",
                  "graph", training_speed(**device, *network, batch, options, adversarial));
        if (!shown) return shown;
      }
    }
  }
  return {};
}

}  // namespace
}  // namespace signflip

int main(int argc, char** argv) {
  CLI::App app{"Images a second of attacks and training steps on a CUDA card"};
  signflip::Options options;
  app.add_option("--nets", options.nets)->delimiter(',')->capture_default_str();
  app.add_option("--batches", options.batches)->delimiter(',')->capture_default_str();
  app.add_option("--seconds", options.seconds, "for each measurement")->capture_default_str();
  app.add_option("--steps", options.steps, "of PGD")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const signflip::Status status = signflip::run(options);
  if (!status) std::cerr << status.error().message << "\n";
  return status ? 0 : 1;
}
