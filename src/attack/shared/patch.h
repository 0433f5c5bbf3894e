// An adversarial patch (Brown et al. 2017, arXiv:1712.09665): a square that is put over a part of
// any image, trained over random places, angles and sizes so that it works at all of them. Pixels
// outside of it stay as they are; its own may have any value of the box.
#pragma once

#include <functional>
#include <utility>

#include "attack/shared/shared_change.h"

namespace signflip {

struct PatchPlacing {
  /// Row and column of the upper left pixel at scale 1; else anywhere inside the image, at random.
  std::optional<std::pair<int, int>> place = {};
  double rotation = 0;               ///< at most so many degrees to either side, at random
  double smallest = 1, largest = 1;  ///< side, as a multiple of the patch's own, at random
};

struct PatchSettings {
  int side = 0;  ///< pixels
  PatchPlacing placing = {};
  double step_size = 0.1;  ///< above 0 and up to 1: how far a pixel moves in one step
};

/// An error where a patch of side×side pixels cannot be learnt or placed so on images of this
/// shape: its side is less than 1, it does not lie inside the image, or a step, an angle or a scale
/// makes no sense (rotation 0 to 180, scales 0.1 to 10). A fixed place may be overlapped by a
/// larger or turned patch as far as the image goes.
Status check_patch(const PatchSettings& settings, ImageShape image);

class Patch final : public SharedChange {
 public:
  /// Values at random in the box. Settings must pass check_patch().
  Patch(ImageShape image, const PatchSettings& settings, Bounds bounds, std::uint64_t seed);

  /// side×side×C.
  std::span<const float> values() const override { return values_; }
  int side() const { return side_; }
  /// The patch replaces what it covers: every pixel whose middle lies in it, bilinear between its
  /// pixels; at angle 0 and scale 1 it lies on whole pixels and is copied.
  void apply(std::span<const float> clean, Rng place, std::span<float> image) const override;
  void add_gradient(Rng place, std::span<const float> dimage, std::span<double> sum) const override;
  /// By the sign, then cut to the box.
  void ascend(std::span<const double> gradient) override;

 private:
  /// Calls visit(pixel of the image, pixel of the patch, weight) for all that the patch covers; the
  /// weights of a pixel of the image add up to 1.
  void for_each_covered(
      Rng place,
      const std::function<void(std::size_t pixel, std::size_t from, double weight)>& visit) const;

  ImageShape image_;
  int side_;
  PatchPlacing placing_;
  double step_;
  Bounds bounds_;
  std::vector<float> values_;
};

/// Two random patches: learning starts from one of `seed`, the other is of another. Settings must
/// pass check_patch().
SharedChanges patch_changes(const PatchSettings& settings, ImageShape image, Bounds bounds,
                            std::uint64_t seed);

}  // namespace signflip
