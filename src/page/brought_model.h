// A model that a visitor brings to the page: a file of ours, ONNX, or a PyTorch state_dict. It
// becomes a model file for one of the datasets that the page has, or is refused with one error.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/tensor.h"

namespace signflip {

/// A dataset whose models the page shows.
struct ModelPlace {
  std::string dataset;
  ImageShape input;
  std::vector<std::string> classes;  ///< their names, in the order of the dataset's labels
};

/// How training prepared pixels x in [0,1]: (range·x − mean) / std. Without mean and std the pixels
/// alone, or range·x.
struct PixelPreparation {
  std::vector<float> mean, deviation;  ///< one value for all channels, or one each; or empty
  int range = 0;                       ///< 1 or 255; 0: 1 unless the file says 255
};

struct BringOptions {
  std::string file;           ///< the file's name
  PixelPreparation prepared;  ///< where the file does not say it
  std::string architecture;   ///< of a state_dict: JSON; empty: it is inferred
  std::vector<ModelPlace> places;
  int largest_side = 224;  ///< of images of a model that has no place
};

struct BroughtModel {
  std::vector<std::uint8_t> bytes;  ///< of a model file with a self-test
  std::string name;                 ///< the file's, without its ending
  std::string dataset;  ///< the place where it stands; "": none has its images and classes
  ImageShape input;
  std::vector<std::string> classes;
  std::size_t parameters = 0;
  bool normalises = false;         ///< by itself, or as the options say
  bool states_preparation = true;  ///< false: BringOptions::prepared has an effect
  /// What was done that is not a translation word for word; a sentence each.
  std::vector<std::string> notes;
};

/// The place is the one with the model's input and number of classes; a model of other images that
/// a page can make of any picture (1 or 3 channels, sides up to largest_side) has none. Classes
/// that are named are matched with the place's by name: another order is exchanged in the last
/// layer, another name is an error. Classes without names ("0", "1", …) stand for the place's in
/// their order.
Result<BroughtModel> bring_model(std::span<const std::uint8_t> bytes, const BringOptions& options);

/// How many of the images (N×H×W×C bytes) a model file's network reads as labelled, under each
/// preparation of the pixels. An error unless the file's model takes such images; a denoiser, whose
/// outputs are pixels, is right on hardly any.
Result<std::vector<std::size_t>> right_under(std::span<const std::uint8_t> model,
                                             std::span<const std::uint8_t> pixels,
                                             std::span<const int> labels,
                                             std::span<const PixelPreparation> preparations);

}  // namespace signflip
