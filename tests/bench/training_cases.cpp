// Training steps of batch 128 with Adam: on clean images, and on images attacked by FGSM first.
#include <memory>

#include "bench/cases.h"
#include "core/rng.h"
#include "train/trainer.h"

namespace signflip::bench {
namespace {

constexpr std::size_t kBatch = 128;
constexpr std::size_t kSteps = 2;  // in an epoch, which is what Trainer can run

Dataset random_dataset(const Sequential& net) {
  Dataset data;
  data.name = "random";
  data.image = net.input_shape();
  data.classes = net.classes();
  data.class_names = net.architecture().classes;
  const std::size_t count = kBatch * kSteps;
  Rng rng(5, 0);
  for (std::size_t i = 0; i < count * data.image.size(); ++i) {
    data.pixels.push_back(static_cast<std::uint8_t>(rng.below(256)));
  }
  for (std::size_t i = 0; i < count; ++i) {
    data.labels.push_back(static_cast<int>(rng.below(static_cast<std::uint32_t>(data.classes))));
  }
  return data;
}

/// A trainer and what it points at.
struct TrainingRun {
  Dataset data;
  ThreadPool pool;
  std::unique_ptr<Trainer> trainer;

  TrainingRun(char net, Method method, int threads)
      : data(random_dataset(network(net))), pool(threads) {
    TrainingConfig config;
    config.method = method;
    if (method == Method::pgd) config.attack = "fgsm";
    config.batch_size = kBatch;
    config.epochs = 100000;
    config.validation = 0;
    config.learning_rate = 1e-6;  // the weights stay what they are, and so does the work
    trainer = std::make_unique<Trainer>(need(Trainer::create(config, network(net), data, pool)));
  }
};

void add_training(std::vector<Case>& cases, const char* name, Method method, char net,
                  int threads) {
  const Sequential& model = network(net);
  const double forward = 2.0 * static_cast<double>(model.multiply_adds());
  // No input gradient of the first layer in training, but one in the attack.
  const double first =
      2.0 * static_cast<double>(multiply_adds(model.layers()[0].layer, model.layers()[0].in));
  const double image = 3 * forward - first + (method == Method::pgd ? 2 * forward : 0);
  cases.push_back({std::string(name) + "/" + net + "/" + std::to_string(kBatch) +
                       "/threads:" + std::to_string(threads),
                   kBatch * kSteps, image * kBatch * kSteps, [=] {
                     const auto run = std::make_shared<TrainingRun>(net, method, threads);
                     return [=] { run->trainer->train_epoch({}); };
                   }});
}

}  // namespace

void add_training_cases(std::vector<Case>& cases, int threads) {
  for (const char net : {'S', 'M', 'G'}) {
    add_training(cases, "training-step", Method::standard, net, threads);
    add_training(cases, "fgsm-training-step", Method::pgd, net, threads);
  }
}

}  // namespace signflip::bench
