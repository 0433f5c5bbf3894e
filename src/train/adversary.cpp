// Attacks inside training.
#include "train/adversary.h"

#include <algorithm>
#include <vector>

#include "attack/catalog.h"
#include "attack/geometry/norms.h"
#include "attack/shard.h"
#include "core/softmax.h"

namespace signflip {
namespace {

/// Steps of signed gradients of the cross-entropy.
void ascend(Pass& pass, const Victims& victims, double step, std::span<float> images) {
  const std::size_t count = victims.labels.size(), classes = pass.classes();
  std::vector<float> dlogits(count * classes), gradient(images.size());
  const auto logits = pass.forward(images, count);
  for (std::size_t n = 0; n < count; ++n) {
    log_odds_against_gradient(logits.subspan(n * classes, classes), victims.labels[n],
                              std::span(dlogits).subspan(n * classes, classes));
  }
  pass.input_gradient(dlogits, gradient);
  steepest_step(Norm::linf, gradient, step, images);
}

void clip(std::span<float> images) {
  for (float& pixel : images) pixel = std::clamp(pixel, 0.0F, 1.0F);
}

/// The gradient of KL(p ‖ q) with respect to q's logits, for one image.
void divergence_gradient(std::span<const float> p, std::span<const float> logits,
                         std::span<float> dlogits) {
  softmax(logits, dlogits);
  for (std::size_t k = 0; k < dlogits.size(); ++k) dlogits[k] -= p[k];
}

}  // namespace

Result<Craft> catalogue_craft(const std::string& option, const std::string& name, int steps) {
  const auto attack = require_attack(name);
  if (!attack) return attack.error();
  if (!(*attack)->needs_gradients || (*attack)->family != Family::fixed_budget) {
    return Error{option + " is " + name +
                 ", expected a gradient attack with a fixed budget, such as fgsm, bim, mim or pgd"};
  }
  Parameters parameters((*attack)->parameters);
  if (parameters.has("steps")) {
    const Status set = parameters.set("steps", steps);
    if (!set) return set.error();
  }
  return Craft([attack = *attack, parameters](Pass& pass, const Victims& victims,
                                              std::span<float> adversarial) {
    std::copy(victims.clean.begin(), victims.clean.end(), adversarial.begin());
    if (victims.epsilon == 0) return;
    Parameters now = parameters;
    if (!now.set("epsilon", victims.epsilon)) return;  // config's check() refuses such values
    Shard shard{pass,
                now,
                victims.shape,
                Bounds{},
                victims.labels.size(),
                {victims.clean, victims.shape.size()},
                victims.labels,
                {},
                victims.numbers,
                victims.seed,
                {adversarial, victims.shape.size()}};
    attack->run(shard);
  });
}

Result<Craft> single_step_craft(const std::string& name, const int& steps) {
  const bool noisy = name == "n-fgsm";
  if (!noisy && name != "rs-fgsm") {
    return Error{"--attack is " + name + ", expected rs-fgsm or n-fgsm with --method fast"};
  }
  return Craft([noisy, &steps](Pass& pass, const Victims& victims, std::span<float> adversarial) {
    const std::size_t size = victims.shape.size();
    const double epsilon = victims.epsilon;
    const auto noise = static_cast<float>(noisy ? 2 * epsilon : epsilon);
    for (std::size_t n = 0; n < victims.labels.size(); ++n) {
      Rng rng(victims.seed, victims.numbers[n]);
      for (std::size_t i = n * size; i < (n + 1) * size; ++i) {
        adversarial[i] = victims.clean[i] + noise * rng.uniform(-1.0F, 1.0F);
      }
    }
    clip(adversarial);
    if (epsilon == 0) return;
    const Ball ball(victims.clean, size, Norm::linf, epsilon, Bounds{});
    const double step = std::min((noisy ? 1 : 1.25) * epsilon, 2.5 * epsilon / steps);
    for (int s = 0; s < steps; ++s) {
      ascend(pass, victims, step, adversarial);
      for (std::size_t n = 0; !noisy && n < victims.labels.size(); ++n) {
        ball.project(n, adversarial.subspan(n * size, size));
      }
      clip(adversarial);
    }
  });
}

Craft divergence_craft(int steps) {
  return [steps](Pass& pass, const Victims& victims, std::span<float> adversarial) {
    constexpr float kStart = 0.001F;  // the paper's
    const std::size_t size = victims.shape.size(), count = victims.labels.size();
    const std::size_t classes = pass.classes();
    std::vector<float> clean(count * classes), dlogits(clean.size()), gradient(adversarial.size());
    const auto logits = pass.forward(victims.clean, count);
    for (std::size_t n = 0; n < count; ++n) {
      softmax(logits.subspan(n * classes, classes), std::span(clean).subspan(n * classes, classes));
      Rng rng(victims.seed, victims.numbers[n]);
      for (std::size_t i = n * size; i < (n + 1) * size; ++i) {
        adversarial[i] = victims.clean[i] + kStart * rng.normal();
      }
    }
    clip(adversarial);
    const Ball ball(victims.clean, size, Norm::linf, victims.epsilon, Bounds{});
    for (int s = 0; s < steps && victims.epsilon > 0; ++s) {
      const auto here = pass.forward(adversarial, count);
      for (std::size_t n = 0; n < count; ++n) {
        divergence_gradient(std::span(clean).subspan(n * classes, classes),
                            here.subspan(n * classes, classes),
                            std::span(dlogits).subspan(n * classes, classes));
      }
      pass.input_gradient(dlogits, gradient);
      steepest_step(Norm::linf, gradient, 2.5 * victims.epsilon / steps, adversarial);
      for (std::size_t n = 0; n < count; ++n) {
        ball.project(n, adversarial.subspan(n * size, size));
      }
    }
  };
}

double divergence(std::span<const float> clean, std::span<const float> attacked, float scale,
                  std::span<float> dclean, std::span<float> dattacked) {
  const std::size_t classes = clean.size();
  std::vector<float> p(classes), q(classes), log_ratio(classes);
  softmax(clean, std::span(p));
  softmax(attacked, std::span(q));
  // log p and log q without logarithms of probabilities, which may be 0.
  const auto log_sum = [](std::span<const float> z) {
    const float top = *std::max_element(z.begin(), z.end());
    double sum = 0;
    for (const float value : z) sum += std::exp(static_cast<double>(value - top));
    return static_cast<double>(top) + std::log(sum);
  };
  const double shift = log_sum(attacked) - log_sum(clean);
  double total = 0;
  for (std::size_t k = 0; k < classes; ++k) {
    log_ratio[k] = static_cast<float>(static_cast<double>(clean[k]) -
                                      static_cast<double>(attacked[k]) + shift);
    total += static_cast<double>(p[k]) * static_cast<double>(log_ratio[k]);
  }
  for (std::size_t k = 0; k < classes; ++k) {
    dclean[k] += scale * p[k] * (log_ratio[k] - static_cast<float>(total));
    dattacked[k] += scale * (q[k] - p[k]);
  }
  return total;
}

}  // namespace signflip
