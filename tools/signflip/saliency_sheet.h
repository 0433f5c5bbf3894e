// The picture that signflip saliency draws: each image, its input gradient and Grad-CAM.
#pragma once

#include "core/tensor.h"
#include "sheet.h"

namespace signflip::cli {

struct SaliencyPictures {
  const Tensor& images;                       ///< N×H×W×C, C = 1 or 3
  const Tensor& gradients;                    ///< the same shape, signed
  const Tensor* grad_cam;                     ///< N×H×W×1; null: no such column
  std::vector<std::vector<SheetLine>> lines;  ///< below each image
};

/// Row by row: image; gradient with its sign (grey: none, white: brighter raises the loss); its
/// strength (black: none); Grad-CAM over the image. Each picture is scaled to its own largest
/// value.
Picture draw_saliency(const SaliencyPictures& pictures);

}  // namespace signflip::cli
