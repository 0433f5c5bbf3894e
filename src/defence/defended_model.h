// A classifier with its defence in front, if it has one: a denoiser or an input transform. Owns
// both, and says which model classifies in the end and which one an attack is crafted on.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "defence/denoised_model.h"
#include "defence/input_transform.h"
#include "nn/sequential.h"

namespace signflip {

/// A network and the name that titles and errors give it.
struct NamedNetwork {
  std::string name;
  std::shared_ptr<const Sequential> network;
};

/// Cheap to copy: copies share the networks, which live as long as any of them.
class DefendedModel {
 public:
  /// A network alone. It need not be a classifier: a denoiser can be used by itself, too.
  explicit DefendedModel(NamedNetwork network) : network_(std::move(network)) {}

  /// The same network with `denoiser` in front instead of the defence that it has. Error unless the
  /// denoiser's output is an image that the network takes.
  Result<DefendedModel> behind(NamedNetwork denoiser) const;
  /// The same network with `transform` in front instead of the defence that it has. Error where the
  /// network's images are not for it.
  Result<DefendedModel> behind(InputTransform transform) const;

  /// The network itself, without its defence.
  const Sequential& network() const { return *network_.network; }
  const NamedNetwork& named_network() const { return network_; }
  /// The denoiser in front; null where there is none.
  const Sequential* denoiser() const { return denoiser_.network.get(); }
  bool defended() const { return front_ != nullptr; }
  /// `count` images as the network gets them, N×H×W×C: denoised or transformed; the same images
  /// where nothing is in front.
  std::vector<float> seen_by_network(std::span<const float> images, std::size_t count) const;

  /// What classifies in the end.
  const DifferentiableModel& judge() const;
  /// What an attack is crafted on: the same, or in the gray-box case the network alone.
  const DifferentiableModel& seen(bool gray_box) const;

  /// The names with the denoiser in front: "d.safetensors > m.safetensors".
  std::string title() const;

 private:
  NamedNetwork network_, denoiser_;
  // Of one image; a function, so that who uses no transform links none.
  std::function<void(std::span<const float> image, std::span<float> to)> transform_;
  // Points at both networks, which stay where they are.
  std::shared_ptr<const DifferentiableModel> front_;
};

}  // namespace signflip
