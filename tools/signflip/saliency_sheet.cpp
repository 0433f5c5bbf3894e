#include "saliency_sheet.h"

#include <algorithm>
#include <cmath>

#include "nn/saliency.h"

namespace signflip::cli {
namespace {

/// The largest absolute value; 1 where all are 0, so that it can be divided by.
float largest_of(std::span<const float> values) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  return largest > 0 ? largest : 1.0F;
}

/// Values as they come, each made a pixel value in [0,1] by `pixel`.
template <class Pixel>
Picture picture_of(ImageShape shape, std::span<const float> values, const Pixel& pixel) {
  Tensor image(1, shape);
  std::transform(values.begin(), values.end(), image.values().begin(), pixel);
  return to_picture(image, 0);
}

/// The image in grey, with the map as a glow over it.
Picture glowing(ImageShape shape, std::span<const float> image, std::span<const float> map) {
  constexpr float kGlow[] = {1.0F, 0.45F, 0.0F}, kMost = 0.75F;
  const float largest = largest_of(map);
  const auto channels = static_cast<std::size_t>(shape.channels);
  Tensor colours(1, {shape.height, shape.width, 3});
  for (std::size_t p = 0; p < map.size(); ++p) {
    float grey = 0;
    for (std::size_t c = 0; c < channels; ++c) grey += image[p * channels + c];
    grey /= static_cast<float>(channels);
    const float share = kMost * map[p] / largest;
    for (std::size_t c = 0; c < 3; ++c) {
      colours.values()[3 * p + c] = (1 - share) * grey + share * kGlow[c];
    }
  }
  return to_picture(colours, 0);
}

}  // namespace

Picture draw_saliency(const SaliencyPictures& pictures) {
  const ImageShape shape = pictures.images.image_shape();
  const Tensor strengths = pixel_strengths(pictures.gradients);
  std::vector<std::string> titles = {"image", "gradient of the loss", "its strength"};
  if (pictures.grad_cam != nullptr) titles.emplace_back("Grad-CAM");
  std::vector<std::vector<SheetCell>> rows;
  for (std::size_t n = 0; n < pictures.images.count(); ++n) {
    const auto gradient = pictures.gradients.image(n), strength = strengths.image(n);
    const float largest = largest_of(gradient);
    auto& row = rows.emplace_back();
    row.push_back({to_picture(pictures.images, n), pictures.lines[n]});
    row.push_back(
        {picture_of(shape, gradient, [&](float value) { return 0.5F + 0.5F * value / largest; }),
         {}});
    row.push_back({picture_of(strengths.image_shape(), strength,
                              [&](float value) { return value / largest; }),
                   {}});
    if (pictures.grad_cam != nullptr) {
      row.push_back({glowing(shape, pictures.images.image(n), pictures.grad_cam->image(n)), {}});
    }
  }
  return draw_sheet(titles, rows);
}

}  // namespace signflip::cli
