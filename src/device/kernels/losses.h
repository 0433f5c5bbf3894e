// Losses of one image's logits z (K values), and their gradients: the training loss as
// core/softmax.h, what attacks climb as attack/objective.h and attack/geometry/dlr.h, where the
// reasons stand.
#pragma once

#include "device/kernels/portable.h"

namespace signflip::device {

struct Goal {
  int label, target;  // target < 0: untargeted
};

/// The first of equal logits wins.
SIGNFLIP_HOST_DEVICE inline int argmax(const float* z, int classes) {
  int best = 0;
  for (int k = 1; k < classes; ++k) {
    if (z[k] > z[best]) best = k;
  }
  return best;
}

SIGNFLIP_HOST_DEVICE inline int runner_up(const float* z, int classes, int y) {
  int best = y == 0 ? 1 : 0;
  for (int k = best + 1; k < classes; ++k) {
    if (k != y && z[k] > z[best]) best = k;
  }
  return best;
}

SIGNFLIP_HOST_DEVICE inline bool reached(const Goal& goal, const float* z, int classes) {
  const int predicted = argmax(z, classes);
  return goal.target >= 0 ? predicted == goal.target : predicted != goal.label;
}

SIGNFLIP_HOST_DEVICE inline void softmax(const float* z, int classes, float* p) {
  const float top = z[argmax(z, classes)];
  float sum = 0;
  for (int k = 0; k < classes; ++k) {
    p[k] = expf(z[k] - top);
    sum += p[k];
  }
  for (int k = 0; k < classes; ++k) p[k] /= sum;
}

SIGNFLIP_HOST_DEVICE inline float cross_entropy(const float* z, int classes, int label,
                                                float smoothing) {
  const int top = argmax(z, classes);
  float others = 0, gap = 0;
  for (int k = 0; k < classes; ++k) {
    if (k != top) others += expf(z[k] - z[top]);
    gap += z[top] - z[k];
  }
  return log1pf(others) + (1 - smoothing) * (z[top] - z[label]) +
         smoothing * gap / static_cast<float>(classes);
}

/// dz, multiplied by `factor`.
SIGNFLIP_HOST_DEVICE inline void cross_entropy_gradient(const float* z, int classes, int label,
                                                        float smoothing, float factor, float* dz) {
  softmax(z, classes, dz);
  float others = 0;
  for (int k = 0; k < classes; ++k) {
    if (k != label) others += dz[k];
  }
  dz[label] = -others;
  const float share = smoothing / static_cast<float>(classes);
  for (int k = 0; k < classes; ++k) {
    dz[k] = (dz[k] - share + (k == label ? smoothing : 0.0F)) * factor;
  }
}

/// log Σ_{k≠y} e^{z_k} − z_y.
SIGNFLIP_HOST_DEVICE inline double log_odds_against(const float* z, int classes, int y) {
  const double top = static_cast<double>(z[runner_up(z, classes, y)]);
  double sum = 0;
  for (int k = 0; k < classes; ++k) {
    if (k != y) sum += exp(static_cast<double>(z[k]) - top);
  }
  return log(sum) + top - static_cast<double>(z[y]);
}

SIGNFLIP_HOST_DEVICE inline double cross_entropy_objective(const Goal& goal, const float* z,
                                                           int classes) {
  return goal.target >= 0 ? -log_odds_against(z, classes, goal.target)
                          : log_odds_against(z, classes, goal.label);
}

SIGNFLIP_HOST_DEVICE inline void cross_entropy_direction(const Goal& goal, const float* z,
                                                         int classes, float* dz) {
  const int y = goal.target >= 0 ? goal.target : goal.label;
  const float top = z[runner_up(z, classes, y)], sign = goal.target >= 0 ? -1.0F : 1.0F;
  float sum = 0;
  for (int k = 0; k < classes; ++k) {
    dz[k] = k == y ? 0 : expf(z[k] - top);
    sum += dz[k];
  }
  for (int k = 0; k < classes; ++k) dz[k] = sign * (k == y ? -1 : dz[k] / sum);
}

SIGNFLIP_HOST_DEVICE inline double margin_objective(const Goal& goal, const float* z, int classes) {
  const int c = goal.target >= 0 ? goal.target : goal.label;
  const double lead = static_cast<double>(z[runner_up(z, classes, c)]) - static_cast<double>(z[c]);
  return goal.target >= 0 ? -lead : lead;
}

/// The difference of logits ratio: (z_rise − z_fall) / D, and its gradient times D.
class LogitRatio {
 public:
  SIGNFLIP_HOST_DEVICE LogitRatio(const Goal& goal, const float* z, int classes) {
    const bool targeted = goal.target >= 0;
    rise_ = targeted ? goal.target : runner_up(z, classes, goal.label);
    fall_ = targeted ? runner_up(z, classes, goal.target) : goal.label;
    used_ = smaller(targeted ? 4 : 3, classes);
    difference_ = static_cast<double>(z[rise_]) - static_cast<double>(z[fall_]);
    if (used_ < 3) return;
    int held = 0;
    for (int k = 0; k < classes; ++k) {
      int place = held;
      while (place > 0 && z[k] > z[top_[place - 1]]) --place;
      if (place == used_) continue;
      held = smaller(held + 1, used_);
      for (int r = held - 1; r > place; --r) top_[r] = top_[r - 1];
      top_[place] = k;
    }
    double below = 0;
    for (int r = 2; r < used_; ++r) {
      below += static_cast<double>(z[top_[r]]) / static_cast<double>(used_ - 2);
    }
    scale_ = static_cast<double>(z[top_[0]]) - below;
  }

  SIGNFLIP_HOST_DEVICE double value() const { return difference_ / larger(scale_, 1e-12); }

  SIGNFLIP_HOST_DEVICE void direction(int classes, float* dz) const {
    for (int k = 0; k < classes; ++k) dz[k] = 0;
    dz[rise_] += 1;
    dz[fall_] -= 1;
    if (used_ < 3 || !(scale_ > 0)) return;
    const auto ratio = static_cast<float>(difference_ / scale_);
    dz[top_[0]] -= ratio;
    for (int r = 2; r < used_; ++r) dz[top_[r]] += ratio / static_cast<float>(used_ - 2);
  }

 private:
  int rise_ = 0, fall_ = 0, used_ = 0;
  int top_[4] = {0, 0, 0, 0};
  double difference_ = 0, scale_ = 1;
};

SIGNFLIP_HOST_DEVICE inline double log_sum(const float* z, int classes) {
  const float top = z[argmax(z, classes)];
  double sum = 0;
  for (int k = 0; k < classes; ++k) sum += exp(static_cast<double>(z[k] - top));
  return static_cast<double>(top) + log(sum);
}

/// KL(p ‖ q) of two predictions, given as logits, and its gradients with respect to both,
/// multiplied by `factor`: added to dclean, written to dattacked.
SIGNFLIP_HOST_DEVICE inline double divergence(const float* clean, const float* attacked,
                                              int classes, float factor, float* dclean,
                                              float* dattacked) {
  const double clean_sum = log_sum(clean, classes), attacked_sum = log_sum(attacked, classes);
  const double shift = attacked_sum - clean_sum;
  const auto p = [&](int k) {
    return static_cast<float>(exp(static_cast<double>(clean[k]) - clean_sum));
  };
  const auto log_ratio = [&](int k) {
    return static_cast<float>(static_cast<double>(clean[k]) - static_cast<double>(attacked[k]) +
                              shift);
  };
  double total = 0;
  for (int k = 0; k < classes; ++k) {
    total += static_cast<double>(p(k)) * static_cast<double>(log_ratio(k));
  }
  for (int k = 0; k < classes; ++k) {
    const auto q = static_cast<float>(exp(static_cast<double>(attacked[k]) - attacked_sum));
    dclean[k] += factor * p(k) * (log_ratio(k) - static_cast<float>(total));
    dattacked[k] = factor * (q - p(k));
  }
  return total;
}

}  // namespace signflip::device
