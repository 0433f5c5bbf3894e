// state_dicts under any names and in any types, with an architecture or by their shapes alone.
#include "import/state_dict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>

#include "nn/architecture_json.h"
#include "nn/inference.h"
#include "nn/model_file.h"
#include "support/model_bytes.h"
#include "support/networks.h"

namespace signflip::test {
namespace {

/// A tensor of a state_dict, as bytes of any type.
struct Stored {
  std::string name, dtype;
  std::vector<std::size_t> shape;
  Bytes bytes;
};

template <class T>
Bytes bytes_of(const std::vector<T>& values) {
  Bytes bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

Bytes file_of(const std::vector<Stored>& tensors) {
  Json header = Json::object();
  Bytes data;
  for (const Stored& tensor : tensors) {
    header[tensor.name] = {{"dtype", tensor.dtype},
                           {"shape", tensor.shape},
                           {"data_offsets", {data.size(), data.size() + tensor.bytes.size()}}};
    data.insert(data.end(), tensor.bytes.begin(), tensor.bytes.end());
  }
  return safetensors_bytes(header.dump(), data);
}

/// The state_dict of a network, its layers renamed by `name_of`.
std::vector<Stored> state_of(const Sequential& network,
                             const std::function<std::string(std::string)>& name_of) {
  SafetensorsWriter writer;
  add_network(writer, network, WeightType::f32);
  const auto bytes = writer.finish();
  const auto file = parse_safetensors(bytes, "state");
  std::vector<Stored> tensors;
  for (const StoredTensor& tensor : file->tensors) {
    const std::size_t dot = tensor.name.rfind('.');
    tensors.push_back({name_of(tensor.name.substr(0, dot)) + tensor.name.substr(dot), tensor.dtype,
                       tensor.shape, Bytes(tensor.bytes.begin(), tensor.bytes.end())});
  }
  return tensors;
}

Sequential net() {
  return random_network(
      {8, 8, 1},
      {Conv2d{4, {3, 3}, {1, 1}, {1, 1}}, BatchNorm2d{}, Relu{}, Conv2d{4, {3, 3}, {2, 2}, {1, 1}},
       Relu{}, Flatten{}, Dense{12}, Relu{}, Dense{3}},
      3, false);
}

ArchitectureChoice given(const Sequential& network) {
  ArchitectureChoice choice;
  choice.from_file = network.architecture();
  choice.file = "net.json";
  return choice;
}

Result<StateImport> import(const std::vector<Stored>& tensors, const ArchitectureChoice& choice,
                           const ImportOptions& options = {}) {
  const Bytes bytes = file_of(tensors);
  const auto file = parse_safetensors(bytes, "state.safetensors");
  if (!file) return file.error();
  return import_state_dict(*file, choice, options);
}

std::string error_of(const Result<StateImport>& result) {
  return result ? "it was read" : result.error().message;
}

void expect_network(const Result<StateImport>& state, const Sequential& expected, float tolerance) {
  ASSERT_TRUE(state) << state.error().message;
  const auto model = load_model(state->bytes, "imported");
  ASSERT_TRUE(model) << model.error().message;
  const auto a = model->network.parameters(), b = expected.parameters();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << i;
  const auto c = model->network.statistics(), d = expected.statistics();
  for (std::size_t i = 0; i < c.size(); ++i) ASSERT_EQ(c[i], d[i]) << i;
}

/// "0" → "module.features.conv0": alphabetical order is another than that of the layers.
std::string renamed(const std::string& place) {
  static const std::map<std::string, std::string> names = {{"0", "module.features.0"},
                                                           {"1", "module.features.norm"},
                                                           {"3", "module.features.10"},
                                                           {"6", "module.classifier.0"},
                                                           {"8", "module.classifier.2"}};
  return names.at(place);
}

TEST(StateDict, AnyNamesGoToTheLayersOfTheirShapes) {
  const Sequential network = net();
  auto tensors = state_of(network, renamed);
  tensors.push_back({"module.features.norm.num_batches_tracked", "I64", {}, Bytes(8)});
  const auto state = import(tensors, given(network));
  expect_network(state, network, 0.0F);
  ASSERT_EQ(state->modules.size(), 5U);
  EXPECT_EQ(state->modules[2],
            (std::pair<std::string, std::string>{"3 conv2d", "module.features.10"}));
}

TEST(StateDict, EqualShapesAreTakenInTheOrderOfTheirNumbers) {
  const Sequential network =
      random_network({4, 4, 2},
                     {Conv2d{2, {3, 3}, {1, 1}, {1, 1}}, Relu{}, Conv2d{2, {3, 3}, {1, 1}, {1, 1}},
                      Relu{}, Conv2d{2, {3, 3}, {1, 1}, {1, 1}}, Flatten{}, Dense{2}},
                     5, false);
  const std::map<std::string, std::string> names = {
      {"0", "b.2"}, {"2", "b.9"}, {"4", "b.10"}, {"6", "fc"}};
  auto tensors = state_of(network, [&](const std::string& place) { return names.at(place); });
  std::reverse(tensors.begin(), tensors.end());
  const auto state = import(tensors, given(network));
  expect_network(state, network, 0.0F);
  EXPECT_TRUE(state->notes.empty());
  for (Stored& tensor : tensors) {
    if (tensor.name.starts_with("b.9.")) tensor.name = "a" + tensor.name.substr(3);
  }
  const auto other = import(tensors, given(network));
  ASSERT_TRUE(other) << other.error().message;
  ASSERT_EQ(other->notes.size(), 1U);
  EXPECT_NE(other->notes[0].find("in the order of their names"), std::string::npos);
}

TEST(StateDict, OtherTypesOfNumbers) {
  const Sequential network = net();
  for (const std::string dtype : {"F64", "BF16", "F16"}) {
    auto tensors = state_of(network, renamed);
    for (Stored& tensor : tensors) {
      if (!tensor.name.ends_with("weight")) continue;
      std::vector<float> values(tensor.bytes.size() / sizeof(float));
      std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
      Bytes stored;
      if (dtype == "F64") {
        stored = bytes_of(std::vector<double>(values.begin(), values.end()));
      } else if (dtype == "F16") {
        SafetensorsWriter writer;
        writer.add_f16("x", {values.size()}, values);
        stored = data_of(writer.finish());
      } else {
        std::vector<std::uint16_t> upper;
        for (const float value : values) {
          std::uint32_t bits = 0;
          std::memcpy(&bits, &value, sizeof bits);
          upper.push_back(static_cast<std::uint16_t>(bits >> 16));
        }
        stored = bytes_of(upper);
      }
      tensor.dtype = dtype;
      tensor.bytes = std::move(stored);
    }
    expect_network(import(tensors, given(network)), network, dtype == "F64" ? 0.0F : 0.01F);
  }
}

TEST(StateDict, AMissingBiasIsZero) {
  Sequential network = net();
  const PlacedLayer& conv = network.layers()[0];
  for (float& b : network.parameters().subspan(conv.bias, conv.shape.bias)) b = 0.0F;
  network.prepare();
  auto tensors = state_of(network, renamed);
  std::erase_if(tensors, [](const Stored& t) { return t.name == "module.features.0.bias"; });
  expect_network(import(tensors, given(network)), network, 0.0F);
}

TEST(StateDict, BuffersOfANormalisationAreIt) {
  const Sequential network = net();
  auto tensors = state_of(network, renamed);
  tensors.push_back(
      {"module.normalize.mean", "F32", {1, 1, 1, 1}, bytes_of(std::vector<float>{0.5F})});
  tensors.push_back(
      {"module.normalize.std", "F32", {1, 1, 1, 1}, bytes_of(std::vector<float>{0.25F})});
  const auto state = import(tensors, given(network));
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->architecture["normalise"].dump(), R"({"mean":[0.5],"std":[0.25]})");
  ImportOptions options;
  options.mean = {0.1F};
  options.deviation = {0.3F};
  EXPECT_NE(error_of(import(tensors, given(network), options)).find("normalised twice"),
            std::string::npos);
}

TEST(StateDict, ShapesAloneDecideWhereTheyAreThoseOfOneKnownNet) {
  for (const std::string_view name : {"s", "lenet", "madry"}) {
    auto architecture = named_architecture(name, {28, 28, 1}, 10);
    ASSERT_TRUE(architecture);
    auto network = Sequential::create(std::move(*architecture));
    ASSERT_TRUE(network);
    randomise(*network, 1);
    const auto tensors =
        state_of(*network, [](const std::string& place) { return "net." + place; });
    const auto state = import(tensors, {});
    expect_network(state, *network, 0.0F);
    ASSERT_FALSE(state->notes.empty());
    EXPECT_NE(state->notes[0].find("inferred"), std::string::npos);
  }
}

TEST(StateDict, WhatCannotBeToldIsAskedFor) {
  const auto tensors = state_of(net(), renamed);
  const std::string error = error_of(import(tensors, {}));
  EXPECT_NE(error.find("name one as 'architecture'"), std::string::npos) << error;
  EXPECT_NE(error.find("signflip_export.py"), std::string::npos) << error;
}

TEST(StateDict, WhatDoesNotFitIsNamed) {
  const Sequential network = net();
  auto tensors = state_of(network, renamed);
  auto fewer = tensors;
  std::erase_if(fewer, [](const Stored& t) { return t.name.starts_with("module.classifier.2."); });
  EXPECT_NE(error_of(import(fewer, given(network))).find("layer 8 (dense) needs a weight of 3×12"),
            std::string::npos)
      << error_of(import(fewer, given(network)));
  auto more = tensors;
  more.push_back({"aux.weight", "F32", {1, 4}, Bytes(16)});
  EXPECT_NE(
      error_of(import(more, given(network))).find("no layer is left for the file's aux.weight 1×4"),
      std::string::npos);
  auto other = tensors;
  other.push_back({"rnn.weight_ih_l0", "F32", {1, 4}, Bytes(16)});
  EXPECT_NE(
      error_of(import(other, given(network))).find("tensor rnn.weight_ih_l0 (1×4) is of no layer"),
      std::string::npos);
  auto infinite = tensors;
  infinite[0].bytes[3] = 0x7f;
  infinite[0].bytes[2] = 0x80;
  infinite[0].bytes[1] = infinite[0].bytes[0] = 0;
  EXPECT_NE(error_of(import(infinite, given(network))).find("not a finite number"),
            std::string::npos);
  auto whole = tensors;
  whole[0].dtype = "I32";
  EXPECT_NE(
      error_of(import(whole, given(network))).find("has dtype I32, expected F32, F16, BF16 or F64"),
      std::string::npos);
}

TEST(StateDict, ClassesAndRange) {
  const Sequential network = net();
  const auto tensors = state_of(network, renamed);
  ImportOptions options;
  options.classes = {"a", "b"};
  EXPECT_NE(error_of(import(tensors, given(network), options))
                .find("names of 2 classes, but the model has 3"),
            std::string::npos);
  options.classes = {"a", "b", "c"};
  for (const auto& [mean, deviation] : {std::pair{0.0F, 255.0F}, {0.5F, 63.0F}, {125.3F, 63.0F}}) {
    options.mean = {mean};
    options.deviation = {deviation};
    EXPECT_NE(error_of(import(tensors, given(network), options))
                  .find("for pixels from 0 to 255 the pixel range is 255"),
              std::string::npos)
        << mean;
  }
  options.pixel_range = 255;
  options.mean = {127.5F};
  options.deviation = {51.0F};
  const auto state = import(tensors, given(network), options);
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->architecture["classes"].dump(), R"(["a","b","c"])");
  EXPECT_FLOAT_EQ(state->architecture["normalise"]["mean"][0].get<float>(), 0.5F);
  EXPECT_FLOAT_EQ(state->architecture["normalise"]["std"][0].get<float>(), 0.2F);
  options.deviation.clear();
  EXPECT_NE(error_of(import(tensors, given(network), options)).find("mean is given without std"),
            std::string::npos)
      << error_of(import(tensors, given(network), options));
  for (const float wrong : {NAN, INFINITY}) {
    options.mean = {wrong};
    options.deviation = {1.0F};
    EXPECT_NE(error_of(import(tensors, given(network), options)).find("mean is "),
              std::string::npos);
    options.mean = {0.5F};
    options.deviation = {wrong};
    EXPECT_NE(error_of(import(tensors, given(network), options)).find("std is "),
              std::string::npos);
  }
}

TEST(StateDict, WhatSharesACeilingIsToldByItsSizeInResidualBlocksToo) {
  for (const Ceilings inner : {Ceilings::layer, Ceilings::channel, Ceilings::neuron}) {
    const auto layers = [](Ceilings outside, Ceilings inside) {
      return std::vector<Layer>{Conv2d{4, {3, 3}, {1, 1}, {1, 1}},
                                ClippedRelu{outside},
                                kResidualBegin,
                                Conv2d{4, {3, 3}, {1, 1}, {1, 1}},
                                ClippedRelu{inside},
                                Conv2d{4, {3, 3}, {1, 1}, {1, 1}},
                                kResidualTurn,
                                kResidualEnd,
                                Flatten{},
                                Dense{3}};
    };
    const Sequential network = random_network({6, 6, 1}, layers(Ceilings::layer, inner), 5, false);
    ArchitectureChoice choice;
    choice.file = "net.json";
    choice.from_file = network.architecture();
    choice.from_file->layers = layers(Ceilings::unsaid, Ceilings::unsaid);
    const auto bytes = file_of(state_of(network, [](const std::string& name) { return name; }));
    const auto file = parse_safetensors(bytes, "state");
    ASSERT_TRUE(file);
    const auto state = import_state_dict(*file, choice, {});
    ASSERT_TRUE(state) << state.error().message;
    const auto model = load_model(state->bytes, "m");
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->network.architecture().layers, network.architecture().layers);
    EXPECT_TRUE(std::ranges::equal(model->network.parameters(), network.parameters()));
  }
}

}  // namespace
}  // namespace signflip::test
