// One change for many images, as the page asks for it: a universal perturbation or a patch, learnt
// on a model from some images and judged on others, as `signflip universal` and `signflip patch`
// do.
#pragma once

#include <variant>
#include <vector>

#include "attack/shared/patch.h"
#include "attack/shared/universal.h"
#include "page/model_session.h"

namespace signflip {

class SharedSession {
 public:
  struct Options {
    std::variant<UniversalSettings, PatchSettings> change = {};
    SharedRequest request = {};
  };

  /// Images are N×H×W×C in [0,1]. Error if the options do not suit the model's images, or
  /// `progress` stopped it.
  static Result<SharedSession> learn(const ModelSession& model, const Options& options,
                                     const std::vector<float>& images,
                                     const Progress& progress = {});

  /// δ, H×W×C, or the patch, side×side×C.
  std::span<const float> values() const { return changes_.learnt->values(); }
  const std::vector<SharedEpoch>& epochs() const { return epochs_; }

  /// Classes of the images as they are, with the change, and with a random one of the same kind.
  struct Judged {
    std::vector<int> clean, changed, random;
  };
  Result<Judged> judge(const ModelSession& model, const std::vector<float>& images) const;

  /// The images as judge() changes them.
  Result<std::vector<float>> changed(const ModelSession& model,
                                     const std::vector<float>& images) const;

 private:
  SharedChanges changes_;
  std::vector<SharedEpoch> epochs_;
  std::uint64_t seed_ = 0;
};

}  // namespace signflip
