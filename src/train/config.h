// Everything that decides how a training run goes. The same configuration and data give the same
// weights on the same machine type, whatever the number of threads.
#pragma once

#include <cstdint>
#include <string>

#include "data/augment.h"
#include "nn/json.h"
#include "train/optimiser.h"
#include "train/schedule.h"

namespace signflip {

enum class Method {
  standard,  ///< clean images only
  mixed,     ///< each batch half clean images, half the same images attacked by the current model
  finetune,  ///< clean images first; then the training set is attacked once, and learned from
  fast,      ///< one step from a random start, validated (Wong, Rice and Kolter 2020; N-FGSM: de
             ///< Jorge et al. 2022)
  pgd,       ///< attacked images only (Madry et al. 2018)
  trades,    ///< clean loss + β·KL to the attacked copy's prediction (Zhang et al. 2019)
  ibp,       ///< interval bounds: certified training (Gowal et al. 2019)
  denoiser,  ///< attacked or noisy image in, clean image out, for a classifier behind it
};

Result<Method> method_from_name(const std::string& name);
std::string_view method_name(Method method);

/// "standard, mixed, … and denoiser", for help texts.
std::string method_names();

struct TrainingConfig {
  Method method = Method::standard;
  /// What the method attacks with: fgsm, bim, mim, pgd …; `fast` knows rs-fgsm and n-fgsm, `ibp`
  /// also none. Empty: the method's own choice (default_attack).
  std::string attack;
  double epsilon = 0.25;          ///< L∞, pixels in [0,1]
  double validation_epsilon = 0;  ///< of the robust validation; 0: epsilon
  int steps = 10;                 ///< of an iterative attack
  double warm_up = 0;             ///< epochs with ε = 0
  double ramp = 0;                ///< epochs after these in which ε rises to its value
  double beta = 1;                ///< trades: weight of the divergence
  double kappa = 0.25;            ///< ibp: the clean loss's final share
  double guidance = 0.01;         ///< denoiser: weight of the classifier's loss
  int finetune_epochs = 5;        ///< finetune: of all epochs, the last that learn from the attack
  int epochs = 15;
  int batch_size = 128;
  double learning_rate = 2e-3;
  OptimiserOptions optimiser;
  Schedule schedule = Schedule::cosine;
  double clip = 0.0;  ///< largest L2 norm of a step's gradient; 0: any
  double label_smoothing = 0.0;
  double average = 0.0;     ///< decay of the weights' exponential moving average per step; 0: off
  double balance = 0.0;     ///< classes appear in proportion to (their images)^(1−balance)
  double validation = 0.1;  ///< fraction of the training images held out
  std::uint64_t seed = 1;
  Augmentation augmentation;

  /// ε after `epochs_done` (fractional) epochs, as far as it has risen.
  double epsilon_at(double epochs_done) const;
  double robust_epsilon() const { return validation_epsilon > 0 ? validation_epsilon : epsilon; }
};

/// The attack of a method unless another is given; "" for methods without a choice.
std::string_view default_attack(Method method);

/// Error if a value is out of its range.
Status check(const TrainingConfig& config);

/// For logs, checkpoints and the metadata of the model.
OrderedJson to_json(const TrainingConfig& config);

}  // namespace signflip
