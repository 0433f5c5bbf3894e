// The built-in architectures, for any input shape and number of classes.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/concat.h"
#include "core/nearest_name.h"
#include "nn/architecture_json.h"

namespace signflip {
namespace {

using Layers = std::vector<Layer>;

Layer conv(int filters, int kernel, int stride, int padding) {
  return Conv2d{filters, {kernel, kernel}, {stride, stride}, {padding, padding}};
}
Layer pool() { return MaxPool2d{{2, 2}, {2, 2}}; }

/// The S net of the literature on fast adversarial training (Wong, Rice, Kolter 2020): 166k on
/// MNIST.
Layers small(int classes) {
  return {conv(16, 4, 2, 1), Relu{}, conv(32, 4, 2, 1), Relu{}, Flatten{},
          Dense{100},        Relu{}, Dense{classes}};
}

/// S with batch norm (folded at export) and dropout: the same net to run, easier to train.
Layers small_normalised(int classes) {
  return {conv(16, 4, 2, 1), BatchNorm2d{}, Relu{},        conv(32, 4, 2, 1),
          BatchNorm2d{},     Relu{},        Flatten{},     Dropout{0.3F},
          Dense{100},        Relu{},        Dropout{0.3F}, Dense{classes}};
}

/// Three strided convolutions: 243k on MNIST, 3.5M multiply-adds.
Layers medium(int classes) {
  return {conv(16, 3, 1, 1),
          BatchNorm2d{},
          Relu{},
          conv(32, 4, 2, 1),
          BatchNorm2d{},
          Relu{},
          conv(64, 4, 2, 1),
          BatchNorm2d{},
          Relu{},
          Flatten{},
          Dropout{0.3F},
          Dense{64},
          Relu{},
          Dropout{0.3F},
          Dense{classes}};
}

/// Fewer weights, more convolution: 116k on MNIST, 2.9M multiply-adds.
Layers compact(int classes) {
  return {conv(24, 5, 2, 2), BatchNorm2d{}, Relu{},        conv(48, 3, 1, 1),
          BatchNorm2d{},     Relu{},        pool(),        conv(64, 3, 1, 0),
          BatchNorm2d{},     Relu{},        Flatten{},     Dropout{0.3F},
          Dense{48},         Relu{},        Dense{classes}};
}

/// TRADES' SmallCNN (Zhang et al. 2019): 312k on MNIST.
Layers small_cnn(int classes) {
  return {conv(32, 3, 1, 0),
          Relu{},
          conv(32, 3, 1, 0),
          Relu{},
          pool(),
          conv(64, 3, 1, 0),
          Relu{},
          conv(64, 3, 1, 0),
          Relu{},
          pool(),
          Flatten{},
          Dense{200},
          Relu{},
          Dropout{0.5F},
          Dense{200},
          Relu{},
          Dense{classes}};
}

/// Madry et al. 2018: 3.27M on MNIST.
Layers madry(int classes) {
  return {conv(32, 5, 1, 2), Relu{},      pool(), conv(64, 5, 1, 2), Relu{}, pool(),
          Flatten{},         Dense{1024}, Relu{}, Dense{classes}};
}

/// LeNet-5 (LeCun et al. 1998) with ReLU and max pooling: 65k on GTSRB.
Layers lenet(int classes) {
  return {conv(6, 5, 1, 0), Relu{},     pool(), conv(16, 5, 1, 0), Relu{}, pool(),
          Flatten{},        Dense{120}, Relu{}, Dense{84},         Relu{}, Dense{classes}};
}

/// Strided convolutions with batch norm for traffic signs: 234k on GTSRB.
Layers signs(int classes) {
  return {conv(32, 4, 2, 1), BatchNorm2d{}, Relu{}, conv(64, 4, 2, 1), BatchNorm2d{}, Relu{},
          conv(96, 4, 2, 1), BatchNorm2d{}, Relu{}, Flatten{},         Dense{64},     Relu{},
          Dense{classes}};
}

/// Four convolutions with pooling between, everything normalised: 281k on GTSRB, 14M multiply-adds.
Layers large_signs(int classes) {
  return {conv(24, 5, 1, 2), BatchNorm2d{}, Relu{},        pool(),
          conv(64, 3, 1, 1), BatchNorm2d{}, Relu{},        pool(),
          conv(96, 3, 1, 1), BatchNorm2d{}, Relu{},        conv(96, 3, 1, 1),
          BatchNorm2d{},     Relu{},        pool(),        Flatten{},
          Dropout{0.2F},     Dense{80},     BatchNorm1d{}, Relu{},
          Dense{classes}};
}

/// For adversarial training of digits: 143k on MNIST, 4.2M multiply-adds.
Layers robust(int classes) {
  return {conv(32, 5, 2, 2), BatchNorm2d{}, Relu{}, conv(48, 3, 1, 1),
          BatchNorm2d{},     Relu{},        pool(), conv(80, 3, 1, 1),
          BatchNorm2d{},     Relu{},        pool(), Flatten{},
          Dense{128},        BatchNorm1d{}, Relu{}, Dense{classes}};
}

/// For adversarial training of traffic signs: two convolutions per resolution, few dense weights.
/// 275k on GTSRB, 24M multiply-adds.
Layers robust_signs(int classes) {
  return {
      conv(32, 5, 1, 2), BatchNorm2d{}, Relu{}, pool(), conv(64, 3, 1, 1), BatchNorm2d{}, Relu{},
      conv(64, 3, 1, 1), BatchNorm2d{}, Relu{}, pool(), conv(80, 3, 1, 1), BatchNorm2d{}, Relu{},
      conv(80, 3, 1, 1), BatchNorm2d{}, Relu{}, pool(), conv(80, 3, 1, 1), BatchNorm2d{}, Relu{},
      Flatten{},         Dense{classes}};
}

/// For certified training of digits: a steep soft threshold on each pixel, then shallow and wide.
/// 290k on MNIST, 1.5M multiply-adds. The threshold (the sigmoid of pixels normalised as below)
/// makes the box around a black or white pixel very small; because it is monotone, interval
/// bounds lose nothing in it. It flattens gradients, too: judge such a net by bounds and black-box
/// attacks.
Layers thresholded(int classes) {
  return {Sigmoid{}, conv(32, 4, 2, 1), Relu{}, conv(48, 4, 2, 1), Relu{},
          Flatten{}, Dense{112},        Relu{}, Dense{classes}};
}

/// The same threshold, more convolution, batch norm. 273k on MNIST, 7M multiply-adds.
Layers thresholded_deep(int classes) {
  return {Sigmoid{},
          conv(16, 3, 1, 1),
          BatchNorm2d{},
          Relu{},
          conv(32, 4, 2, 1),
          BatchNorm2d{},
          Relu{},
          conv(48, 3, 1, 1),
          BatchNorm2d{},
          Relu{},
          conv(64, 4, 2, 1),
          BatchNorm2d{},
          Relu{},
          Flatten{},
          Dense{64},
          BatchNorm1d{},
          Relu{},
          Dense{classes}};
}

/// The same with four thresholds, which are learnt: factors and offsets of the pixels before the
/// sigmoid. What lies within ε of one threshold, and so is undecided there, another decides. 274k
/// on MNIST, 7.4M multiply-adds.
Layers learnt_thresholds(int classes) {
  Layers layers = thresholded_deep(classes);
  layers.insert(layers.begin(), conv(4, 1, 1, 0));
  return layers;
}

/// ResNets for small images (He et al. 2016, section 4.2): three resolutions with `blocks` blocks
/// each, 16, 32 and 64 channels; where the shape changes the shortcut is a strided convolution.
Layers residual(int classes, int blocks) {
  const auto bare = [](int filters, int kernel, int stride) {
    Conv2d made{filters, {kernel, kernel}, {stride, stride}, {kernel / 2, kernel / 2}};
    made.bias = false;
    return made;
  };
  Layers layers = {bare(16, 3, 1), BatchNorm2d{}, Relu{}};
  for (int block = 0; block < 3 * blocks; ++block) {
    const int filters = 16 << (block / blocks);
    const bool smaller = block > 0 && block % blocks == 0;
    const int stride = smaller ? 2 : 1;
    for (const Layer& layer : Layers{kResidualBegin, bare(filters, 3, stride), BatchNorm2d{},
                                     Relu{}, bare(filters, 3, 1), BatchNorm2d{}, kResidualTurn}) {
      layers.push_back(layer);
    }
    if (smaller) {
      layers.push_back(bare(filters, 1, stride));
      layers.push_back(BatchNorm2d{});
    }
    layers.push_back(kResidualEnd);
    layers.push_back(Relu{});
  }
  for (const Layer& layer : Layers{AdaptiveAvgPool2d{}, Flatten{}, Dense{classes}}) {
    layers.push_back(layer);
  }
  return layers;
}
Layers resnet8(int classes) { return residual(classes, 1); }
Layers resnet20(int classes) { return residual(classes, 3); }

/// A convolutional autoencoder, at half the resolution inside; outputs are pixels. Its input's
/// sides must be even. 26k on MNIST.
Layers denoiser(int channels) {
  return {conv(32, 5, 2, 2),
          BatchNorm2d{},
          Relu{},
          conv(48, 3, 1, 1),
          BatchNorm2d{},
          Relu{},
          Upsample2d{{2, 2}},
          conv(24, 3, 1, 1),
          BatchNorm2d{},
          Relu{},
          conv(channels, 3, 1, 1),
          Sigmoid{}};
}

struct Known {
  std::string_view name;
  Layers (*make)(int outputs);
  /// Of a soft threshold on each pixel, in the middle of the range; 0: pixels are not normalised.
  float threshold_width = 0;
};

constexpr std::string_view kDenoiser = "denoiser";

constexpr std::array kNamed = {Known{"s", small},
                               Known{"s-bn", small_normalised},
                               Known{"compact", compact},
                               Known{"m243", medium},
                               Known{"smallcnn", small_cnn},
                               Known{"madry", madry},
                               Known{"lenet", lenet},
                               Known{"g240s", signs},
                               Known{"r143", robust},
                               Known{"r275", robust_signs},
                               Known{"g281", large_signs},
                               Known{"t290", thresholded, 0.025F},
                               Known{"t273", thresholded_deep, 0.025F},
                               Known{"t274", learnt_thresholds, 0.05F},
                               Known{"resnet8", resnet8},
                               Known{"resnet20", resnet20},
                               Known{kDenoiser, denoiser}};

// Apart from kNamed, so that programs that never explain them do not hold them.
constexpr ArchitectureSummary kSummaries[] = {
    {"s", "2 strided convolutions (Wong, Rice and Kolter 2020); 166k parameters on MNIST"},
    {"s-bn", "s with batch norm and dropout; as large, easier to train"},
    {"compact", "3 convolutions, more of them than weights; 116k on MNIST, 2.9M multiply-adds"},
    {"m243", "3 strided convolutions; 243k on MNIST, 3.5M multiply-adds"},
    {"smallcnn", "TRADES' SmallCNN, 4 convolutions (Zhang et al. 2019); 312k on MNIST"},
    {"madry", "2 wide convolutions (Madry et al. 2018); 3.27M on MNIST"},
    {"lenet", "LeNet-5 with ReLU and max pooling (LeCun et al. 1998); 65k on GTSRB"},
    {"g240s", "3 strided convolutions for traffic signs; 234k on GTSRB"},
    {"r143", "for adversarial training of digits; 143k on MNIST, 4.2M multiply-adds"},
    {"r275", "for adversarial training of signs; 275k on GTSRB, 24M multiply-adds"},
    {"g281", "4 convolutions with pooling for signs; 281k on GTSRB, 14M multiply-adds"},
    {"t290", "for certified training of digits: a soft threshold first; 290k on MNIST"},
    {"t273", "the same with 4 convolutions; 273k on MNIST, 7M multiply-adds"},
    {"t274", "the same with 4 thresholds, which are learnt; 274k on MNIST, 7.4M multiply-adds"},
    {"resnet8", "3 residual blocks (He et al. 2016); 78k on CIFAR-10; on the CPU alone"},
    {"resnet20", "9 residual blocks (He et al. 2016); 272k on CIFAR-10; on the CPU alone"},
    {"denoiser", "autoencoder for --method denoiser; sides must be even; 26k on MNIST"}};

}  // namespace

std::span<const ArchitectureSummary> architecture_summaries() { return kSummaries; }

std::string architecture_names() {
  std::string names;
  for (const Known& named : kNamed) {
    if (!names.empty()) names += ", ";
    names += named.name;
  }
  return names;
}

Result<Architecture> named_architecture(std::string_view name, ImageShape input, int classes) {
  for (const Known& named : kNamed) {
    if (named.name != name) continue;
    Architecture architecture;
    architecture.name = name;
    architecture.input = input;
    if (name == kDenoiser) {
      architecture.layers = named.make(input.channels);
      return architecture;
    }
    for (int k = 0; k < classes; ++k) architecture.classes.push_back(std::to_string(k));
    architecture.layers = named.make(classes);
    if (named.threshold_width > 0) {
      const auto channels = static_cast<std::size_t>(input.channels);
      architecture.mean.assign(channels, 0.5F);
      architecture.deviation.assign(channels, named.threshold_width);
    }
    return architecture;
  }
  std::array<std::string_view, kNamed.size()> names;
  std::transform(kNamed.begin(), kNamed.end(), names.begin(),
                 [](const Known& known) { return known.name; });
  return Error{concat("there is no architecture '", name, "'; known are ", architecture_names(),
                      ", or a FILE.json", did_you_mean(name, names))};
}

}  // namespace signflip
