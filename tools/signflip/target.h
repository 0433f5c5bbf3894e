// What an attack is aimed at: a model, perhaps with a denoiser or a transform in front. Shared by
// attack and evaluate: the options, loading, and who sees what.
#pragma once

#include "attack/runner.h"
#include "command.h"
#include "defence/defended_model.h"
#include "experiment.h"

namespace signflip::cli {

class Target {
 public:
  /// --model, --denoiser, --transform, --transform-gradient, --gray-box.
  void add_to(const Command& command);
  /// The same, but --model may be given several times, or left out: suggest() may name one.
  void add_several_to(const Command& command);
  /// One target for each --model, all with the same in front; empty where none was given.
  std::vector<Target> one_for_each() const;

  /// --from, --from-denoiser: what images are crafted on instead.
  void add_source_to(const Command& command);

  /// Whether the command line, or suggest(), named one.
  bool has_model() const { return !model_path_.empty(); }
  /// Whether there is anything to load: a model, or what is said of one.
  bool is_given() const { return has_model() || !denoiser_path_.empty(); }
  /// What an experiment names counts where the command line names nothing.
  void suggest(const std::string& model, const ExperimentFront& front, bool gray_box);

  Status load();

  /// After load(): the classifier itself, what classifies in the end, what an attack is crafted on,
  /// and the files' names (defence/defended_model.h).
  const Sequential& network() const { return defended_->network(); }
  const DifferentiableModel& judge() const { return defended_->judge(); }
  const DifferentiableModel& seen() const { return defended_->seen(gray_box_); }
  std::string title() const { return defended_->title(); }
  const std::string& model_path() const { return model_path_; }
  /// Adds "model", "denoiser", "transform", "transform_gradient" and "gray_box" to results.
  void describe(OrderedJson& json) const;
  /// Adds "from" and "from_denoiser".
  void describe_source(OrderedJson& json) const;

 private:
  void add_defences_to(const Command& command);
  Status place_transform();

  std::string name_ = "--model", model_path_, denoiser_path_, transform_, transform_gradient_;
  bool gray_box_ = false;
  std::vector<std::string> model_paths_;  // of add_several_to()
  std::shared_ptr<const LoadedModel> model_, denoiser_;
  std::optional<DefendedModel> defended_;
};

/// An error where a device cannot run this attack on this model.
Status check_device(const DifferentiableModel& crafted_on, const AttackRequest& request);

/// run_attack(), on `device` where that is not null, and how long it took.
Result<AttackOutcome> run_attack_with(device::Device* device, const DifferentiableModel& crafted_on,
                                      const DifferentiableModel& judged_on,
                                      const AttackRequest& request, const Tensor& images,
                                      std::span<const int> labels, std::span<const int> targets,
                                      ThreadPool& pool, const Progress& progress);

}  // namespace signflip::cli
