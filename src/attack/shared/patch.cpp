#include "attack/shared/patch.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/concat.h"

namespace signflip {
namespace {

/// The middle of a patch in the image, in pixels from the middle of the upper left one, and how it
/// is turned and scaled.
struct Pose {
  double row, column, angle, scale;
};

/// Between `low` and `high`; nothing is drawn where they are the same.
double draw(Rng& rng, double low, double high) {
  return low == high ? low : low + (high - low) * static_cast<double>(rng.uniform());
}

/// The first pixel of a patch that covers `side` of `length` pixels, at random.
double draw_start(Rng& rng, double length, double side, bool whole) {
  const double room = std::max(0.0, length - side);
  if (!whole) return draw(rng, 0, room);
  return static_cast<double>(rng.below(static_cast<std::uint32_t>(room) + 1));
}

Pose draw_pose(Rng& rng, ImageShape image, int side, const PatchPlacing& placing) {
  const double angle = draw(rng, -placing.rotation, placing.rotation) * std::numbers::pi / 180;
  const double scale = draw(rng, placing.smallest, placing.largest);
  const double middle = 0.5 * (side - 1);
  if (placing.place) {
    return {placing.place->first + middle, placing.place->second + middle, angle, scale};
  }
  // The square around the turned patch lies inside the image, as far as there is room.
  const double around = scale * side * (std::fabs(std::cos(angle)) + std::fabs(std::sin(angle)));
  const bool whole = angle == 0 && scale == 1;
  const double row = draw_start(rng, image.height, around, whole);
  const double column = draw_start(rng, image.width, around, whole);
  return {row + 0.5 * (around - 1), column + 0.5 * (around - 1), angle, scale};
}

/// The two pixels of a patch beside a place in it, and the weight of the second.
struct Neighbours {
  std::size_t first, second;
  double part;
};
Neighbours neighbours(double place, int side) {
  const double within = std::clamp(place, 0.0, side - 1.0);
  const auto first = static_cast<std::size_t>(within);
  return {first, std::min(first + 1, static_cast<std::size_t>(side - 1)),
          within - static_cast<double>(first)};
}

}  // namespace

Status check_patch(const PatchSettings& settings, ImageShape image) {
  const auto& [side, placing, step_size] = settings;
  const auto wrong = [](const auto&... pieces) -> Status { return Error{concat(pieces...)}; };
  const int most = std::min(image.height, image.width);
  if (side < 1 || side > most) {
    return wrong("size is ", side, ", expected 1 to ", most, ": images are ", to_string(image));
  }
  if (!(step_size > 0 && step_size <= 1)) {
    return wrong("step-size is ", step_size, ", expected a number above 0 and up to 1");
  }
  if (!(placing.rotation >= 0 && placing.rotation <= 180)) {
    return wrong("rotation is ", placing.rotation, ", expected 0 to 180 degrees");
  }
  if (!(placing.smallest >= 0.1 && placing.smallest <= placing.largest && placing.largest <= 10)) {
    return wrong("scale is ", placing.smallest, " to ", placing.largest,
                 ", expected two numbers from 0.1 to 10, the smaller first");
  }
  if (!placing.place) {
    if (placing.largest * side <= most) return {};
    return wrong("scale is up to ", placing.largest, ", which makes a patch of ", side,
                 " pixels larger than the image, ", to_string(image));
  }
  const auto [row, column] = *placing.place;
  if (row >= 0 && column >= 0 && row + side <= image.height && column + side <= image.width) {
    return {};
  }
  return wrong("at is ", row, ",", column, ", where a patch of ", side,
               " pixels is not inside the image, ", to_string(image));
}

Patch::Patch(ImageShape image, const PatchSettings& settings, Bounds bounds, std::uint64_t seed)
    : image_(image),
      side_(settings.side),
      placing_(settings.placing),
      step_(settings.step_size),
      bounds_(bounds),
      values_(ImageShape{side_, side_, image.channels}.size()) {
  Rng rng(seed);
  for (float& value : values_) value = rng.uniform(bounds.low, bounds.high);
}

void Patch::for_each_covered(
    Rng place, const std::function<void(std::size_t, std::size_t, double)>& visit) const {
  const Pose pose = draw_pose(place, image_, side_, placing_);
  const double cos = std::cos(pose.angle), sin = std::sin(pose.angle);
  const auto columns = static_cast<std::size_t>(side_);
  for (int h = 0; h < image_.height; ++h) {
    for (int w = 0; w < image_.width; ++w) {
      const double down = (h - pose.row) / pose.scale, right = (w - pose.column) / pose.scale;
      const double row = cos * down + sin * right + 0.5 * (side_ - 1);
      const double column = cos * right - sin * down + 0.5 * (side_ - 1);
      if (row < -0.5 || row >= side_ - 0.5 || column < -0.5 || column >= side_ - 0.5) continue;
      const auto pixel = static_cast<std::size_t>(h * image_.width + w);
      const Neighbours y = neighbours(row, side_), x = neighbours(column, side_);
      visit(pixel, y.first * columns + x.first, (1 - y.part) * (1 - x.part));
      if (x.part > 0) visit(pixel, y.first * columns + x.second, (1 - y.part) * x.part);
      if (y.part > 0) visit(pixel, y.second * columns + x.first, y.part * (1 - x.part));
      if (x.part > 0 && y.part > 0) visit(pixel, y.second * columns + x.second, y.part * x.part);
    }
  }
}

void Patch::apply(std::span<const float> clean, Rng place, std::span<float> image) const {
  std::copy(clean.begin(), clean.end(), image.begin());
  const auto channels = static_cast<std::size_t>(image_.channels);
  std::size_t last = image_.pixels();
  for_each_covered(place, [&](std::size_t pixel, std::size_t from, double weight) {
    for (std::size_t c = 0; c < channels; ++c) {
      float& value = image[pixel * channels + c];
      if (pixel != last) value = 0;
      value += static_cast<float>(weight) * values_[from * channels + c];
    }
    last = pixel;
  });
  // Sums of weights round.
  for (float& value : image) value = std::clamp(value, bounds_.low, bounds_.high);
}

void Patch::add_gradient(Rng place, std::span<const float> dimage, std::span<double> sum) const {
  const auto channels = static_cast<std::size_t>(image_.channels);
  for_each_covered(place, [&](std::size_t pixel, std::size_t from, double weight) {
    for (std::size_t c = 0; c < channels; ++c) {
      sum[from * channels + c] += weight * static_cast<double>(dimage[pixel * channels + c]);
    }
  });
}

void Patch::ascend(std::span<const double> gradient) {
  const auto step = static_cast<float>(step_);
  for (std::size_t j = 0; j < values_.size(); ++j) {
    if (gradient[j] == 0 || !std::isfinite(gradient[j])) continue;
    values_[j] += gradient[j] > 0 ? step : -step;
    values_[j] = std::clamp(values_[j], bounds_.low, bounds_.high);
  }
}

SharedChanges patch_changes(const PatchSettings& settings, ImageShape image, Bounds bounds,
                            std::uint64_t seed) {
  return {std::make_unique<Patch>(image, settings, bounds, seed),
          std::make_unique<Patch>(image, settings, bounds, seed + 1)};
}

}  // namespace signflip
