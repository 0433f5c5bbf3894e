// What an attack is aimed at: a model, perhaps with a denoiser in front. Shared by attack and
// evaluate: the options, loading, and who sees what.
#pragma once

#include "command.h"
#include "defence/denoised_model.h"

namespace signflip::cli {

class Target {
 public:
  /// --model, --denoiser, --gray-box.
  void add_to(CLI::App& command);

  Status load();

  /// After load(): the classifier itself.
  const Sequential& network() const { return model_->file.network; }
  /// What classifies in the end: the denoiser and the classifier, or the classifier alone.
  const DifferentiableModel& judge() const;
  /// What the attack may look at: the same, or in the gray-box case the classifier alone.
  const DifferentiableModel& seen() const;

  /// Adds "model", "denoiser" and "gray_box" to results.
  void describe(OrderedJson& json) const;

 private:
  std::string model_path_, denoiser_path_;
  bool gray_box_ = false;
  std::optional<LoadedModel> model_, denoiser_;
  std::optional<DenoisedModel> defended_;
};

}  // namespace signflip::cli
