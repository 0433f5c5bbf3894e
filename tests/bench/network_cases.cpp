// Whole nets: forward, input gradient and attacks, as the command line and the page run them.
#include <algorithm>
#include <memory>
#include <string_view>

#include "attack/runner.h"
#include "bench/cases.h"
#include "core/rng.h"
#include "nn/architecture_json.h"

namespace signflip::bench {
namespace {

Sequential make_network(std::string_view architecture, ImageShape input, int classes) {
  auto net = need(Sequential::create(need(named_architecture(architecture, input, classes))));
  net.initialise(1);
  return net;
}

/// Runs `work(first image, images, pass)` over a batch in shards on a pool, as run_attack() does.
template <class Work>
std::function<void()> sharded(char net, std::size_t count, int threads, Work work) {
  const Sequential& model = network(net);
  const auto pool = std::make_shared<ThreadPool>(threads);
  const auto passes = std::make_shared<std::vector<std::unique_ptr<Pass>>>();
  for (int t = 0; t < threads; ++t) {
    passes->push_back(model.new_pass(std::min(count, kShardSize)));
  }
  return [=] {
    pool->for_each((count + kShardSize - 1) / kShardSize, [&](std::size_t s, int worker) {
      const std::size_t first = s * kShardSize;
      work(first, std::min(kShardSize, count - first),
           *(*passes)[static_cast<std::size_t>(worker)]);
    });
  };
}

std::string case_name(std::string_view what, char net, std::size_t count, int threads) {
  return std::string(what) + "/" + net + "/" + std::to_string(count) +
         "/threads:" + std::to_string(threads);
}

void add_passes(std::vector<Case>& cases, char net, std::size_t count, int threads) {
  const Sequential& model = network(net);
  const double once = 2.0 * static_cast<double>(model.multiply_adds() * count);
  const auto images = static_cast<double>(count);
  cases.push_back({case_name("forward", net, count, threads), images, once, [=, &model] {
                     const auto batch = std::make_shared<Batch>(random_batch(model, count));
                     return sharded(net, count, threads,
                                    [=](std::size_t first, std::size_t some, Pass& pass) {
                                      pass.forward(batch->images.images(first, some), some);
                                    });
                   }});
  cases.push_back(
      {case_name("input-gradient", net, count, threads), images, 2 * once, [=, &model] {
         const auto batch = std::make_shared<Batch>(random_batch(model, count));
         const auto dx = std::make_shared<Tensor>(batch->images);
         const std::size_t classes = static_cast<std::size_t>(model.classes());
         const auto dlogits = std::make_shared<std::vector<float>>(count * classes, 0.1F);
         return sharded(net, count, threads, [=](std::size_t first, std::size_t some, Pass& pass) {
           pass.forward(batch->images.images(first, some), some);
           pass.input_gradient(
               std::span<const float>(*dlogits).subspan(first * classes, some * classes),
               dx->images(first, some));
         });
       }});
}

struct NamedAttack {
  std::string_view label, attack;
  int steps;    // 0: the attack has none
  bool judges;  // the model looks at the images and their 8-bit copies, too
};

/// The attack through run_attack().
void add_attack(std::vector<Case>& cases, const NamedAttack& named, char net, std::size_t count,
                int threads) {
  const Sequential& model = network(net);
  const int passes = 2 * std::max(named.steps, 1) + (named.judges ? 2 : 0);
  const double operations =
      2.0 * passes * static_cast<double>(model.multiply_adds()) * static_cast<double>(count);
  cases.push_back(
      {case_name(named.label, net, count, threads), static_cast<double>(count), operations,
       [=, &model] {
         AttackRequest request;
         request.attack = find_attack(named.attack);
         request.parameters = Parameters(request.attack->parameters);
         request.judge = named.judges;
         if (named.steps > 0 && !request.parameters.set("steps", named.steps)) {
           die("an attack does not take its number of steps");
         }
         const auto pool = std::make_shared<ThreadPool>(threads);
         const auto batch = std::make_shared<Batch>(random_batch(model, count));
         return [=, &model] {
           need(run_attack(model, model, request, batch->images, batch->labels, {}, *pool));
         };
       }});
}

}  // namespace

const Sequential& network(char net) {
  static const Sequential s = make_network("s", {28, 28, 1}, 10);
  static const Sequential m = make_network("madry", {28, 28, 1}, 10);
  static const Sequential g = make_network("lenet", {32, 32, 3}, 43);
  return net == 'S' ? s : net == 'M' ? m : g;
}

Batch random_batch(const Sequential& net, std::size_t count) {
  Batch batch = {Tensor(count, net.input_shape()), std::vector<int>(count)};
  Rng rng(3, 0);
  for (float& pixel : batch.images.values()) pixel = rng.uniform();
  for (int& label : batch.labels) {
    label = static_cast<int>(rng.below(static_cast<std::uint32_t>(net.classes())));
  }
  return batch;
}

void add_network_cases(std::vector<Case>& cases, int threads) {
  constexpr NamedAttack kAttacks[] = {{"fgsm", "fgsm", 0, false},
                                      {"mim-10", "mim", 10, false},
                                      {"pgd-40", "pgd", 40, false},
                                      {"fgsm-judged", "fgsm", 0, true}};
  for (const char net : {'S', 'M', 'G'}) {
    for (const std::size_t count : {1U, 64U, 256U}) {
      if (count == 1 && threads > 1) continue;  // one image is one shard
      add_passes(cases, net, count, threads);
      for (const NamedAttack& attack : kAttacks) add_attack(cases, attack, net, count, threads);
    }
  }
}

}  // namespace signflip::bench
