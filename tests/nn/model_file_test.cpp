// Model files that are as they should be: round trips, PyTorch's layouts, the self-test, quantised
// weights. Damaged ones: model_file_damage_test.cpp.
#include "nn/model_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "nn/architecture_json.h"
#include "nn/half.h"
#include "nn/inference.h"
#include "nn/network_tensors.h"
#include "support/double_network.h"
#include "support/model_bytes.h"

namespace signflip {
namespace {

using Floats = std::vector<float>;
using test::Bytes;

Floats logits_of(const Sequential& network, const Floats& images) {
  const std::size_t count = images.size() / network.input_shape().size();
  Activations activations(network, count);
  const auto y = forward(network, images, count, activations);
  return Floats(y.begin(), y.end());
}

TEST(ModelFile, RoundTripsInF32) {
  const Sequential network = test::small_model();
  SaveOptions options;
  options.metadata = {{"seed", "7"}, {"signflip", "is written by format_model"}};
  const Bytes bytes = format_model(network, options);
  EXPECT_EQ(bytes, format_model(network, options)) << "the same bytes each time";

  const auto model = load_model(bytes, "m");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(model->verified);
  EXPECT_EQ(model->metadata.at("seed"), "7");
  const Architecture& architecture = model->network.architecture();
  EXPECT_EQ(architecture.name, "small");
  EXPECT_EQ(architecture.classes, network.architecture().classes);
  EXPECT_EQ(architecture.layers, network.architecture().layers);
  EXPECT_EQ(architecture.mean, network.architecture().mean);
  EXPECT_TRUE(std::equal(network.parameters().begin(), network.parameters().end(),
                         model->network.parameters().begin()));
  EXPECT_TRUE(std::equal(network.statistics().begin(), network.statistics().end(),
                         model->network.statistics().begin()));
  EXPECT_EQ(format_model(model->network, options), bytes);
}

TEST(ModelFile, RoundTripsInF16) {
  const Sequential network = test::small_model();
  const Bytes bytes = format_model(network, {.weights = WeightType::f16, .metadata = {}});
  const auto model = load_model(bytes, "m");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(model->verified) << "the self-test is that of the rounded weights";
  for (std::size_t i = 0; i < network.parameters().size(); ++i) {
    EXPECT_EQ(model->network.parameters()[i],
              half_to_float(float_to_half(network.parameters()[i])));
  }
  EXPECT_EQ(format_model(model->network, {.weights = WeightType::f16, .metadata = {}}), bytes);
  EXPECT_LT(bytes.size(), format_model(network, {}).size());
}

TEST(ModelFile, WeightTypesHaveTheirNames) {
  EXPECT_EQ(weight_type_from_name("f32"), WeightType::f32);
  EXPECT_EQ(weight_type_from_name("f16"), WeightType::f16);
  EXPECT_EQ(weight_type_from_name("i8"), WeightType::i8);
  EXPECT_EQ(weight_type_from_name("F32"), std::nullopt);
  EXPECT_EQ(weight_type_from_name(""), std::nullopt);
}

TEST(ModelFile, RoundsEachOutputChannelToI8) {
  Sequential network = test::small_model();
  const PlacedLayer conv = network.layers()[0];  // a channel of zeros, which has no largest weight
  for (std::size_t row = 0; row < conv.shape.rows; ++row) {
    network.parameters()[conv.weight + row * conv.shape.columns + 1] = 0.0F;
  }
  network.prepare();
  const SaveOptions options = {.weights = WeightType::i8, .metadata = {}};
  const Bytes bytes = format_model(network, options);
  const auto model = load_model(bytes, "m");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(model->verified) << "the self-test is that of the rounded weights";
  EXPECT_EQ(format_model(model->network, options), bytes) << "rounding again changes nothing";

  const auto file = parse_safetensors(bytes, "m");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->find("0.weight")->dtype, "I8");
  EXPECT_EQ(file->find("0.weight")->shape, (std::vector<std::size_t>{3, 2, 3, 2}));
  EXPECT_EQ(file->find("0.weight.scale")->shape, std::vector<std::size_t>{3});
  EXPECT_EQ(file->find("6.weight")->dtype, "I8");
  for (const char* const exact : {"0.weight.scale", "0.bias", "1.weight", "1.bias", "6.bias"}) {
    EXPECT_EQ(file->find(exact)->dtype, "F32") << exact;
  }
  for (const std::size_t layer : {0U, 6U}) {
    const PlacedLayer& placed = network.layers()[layer];
    const std::size_t columns = placed.shape.columns;
    for (std::size_t c = 0; c < columns; ++c) {
      float largest = 0.0F, kept = 0.0F, error = 0.0F;
      for (std::size_t i = placed.weight + c; i < placed.weight + placed.shape.weight();
           i += columns) {
        const float was = network.parameters()[i], is = model->network.parameters()[i];
        largest = std::max(largest, std::abs(was));
        kept = std::max(kept, std::abs(is));
        error = std::max(error, std::abs(was - is));
      }
      EXPECT_LE(error, largest / 127.0F * 0.501F) << "layer " << layer << ", channel " << c;
      EXPECT_LE(kept, largest);
      EXPECT_GE(kept, largest * (1.0F - 1e-4F));
    }
    EXPECT_TRUE(std::equal(
        network.parameters().begin() + static_cast<std::ptrdiff_t>(placed.bias),
        network.parameters().begin() + static_cast<std::ptrdiff_t>(placed.bias + placed.shape.bias),
        model->network.parameters().begin() + static_cast<std::ptrdiff_t>(placed.bias)));
  }
}

TEST(ModelFile, HugeAndTinyWeightsStayFiniteInI8) {
  Sequential network = test::small_model();
  const PlacedLayer dense = network.layers()[6];
  const auto weight = network.parameters().subspan(dense.weight, dense.shape.weight());
  for (std::size_t i = 0; i < weight.size(); i += 3) {  // three outputs
    weight[i] = i % 2 == 0 ? std::numeric_limits<float>::max() : -1.0F;
    weight[i + 1] = std::numeric_limits<float>::denorm_min();
  }
  network.prepare();
  const SaveOptions options = {.weights = WeightType::i8, .selftest = false, .metadata = {}};
  const auto model = load_model(format_model(network, options), "m");
  ASSERT_TRUE(model) << model.error().message;
  const auto read = model->network.parameters().subspan(dense.weight, dense.shape.weight());
  EXPECT_GE(read[0], 0.9999F * weight[0]);
  EXPECT_EQ(read[3], 0.0F) << "-1 is nothing beside it";
  EXPECT_EQ(read[1], 0.0F);
}

TEST(ModelFile, WithoutSelfTestIsNotVerified) {
  const auto model =
      load_model(format_model(test::small_model(), {.selftest = false, .metadata = {}}), "m");
  ASSERT_TRUE(model);
  EXPECT_FALSE(model->verified);
}

TEST(ModelFile, StoresPyTorchsLayouts) {
  const Sequential network = test::small_model();
  const Bytes bytes = format_model(network, {});
  const auto file = parse_safetensors(bytes, "m");
  ASSERT_TRUE(file);
  using Sides = std::vector<std::size_t>;
  const StoredTensor* const conv = file->find("0.weight");
  ASSERT_NE(conv, nullptr);
  EXPECT_EQ(conv->shape, (Sides{3, 2, 3, 2}));
  EXPECT_EQ(file->find("1.running_var")->shape, Sides{3});
  EXPECT_EQ(file->find("selftest.input")->shape, (Sides{1, 4, 4, 2}));
  EXPECT_EQ(file->find("selftest.logits")->shape, (Sides{1, 3}));
  const Floats theirs = *to_floats(*conv);
  const auto ours = network.parameters().first(36);
  for (std::size_t o = 0; o < 3; ++o) {
    for (std::size_t c = 0; c < 2; ++c) {
      for (std::size_t h = 0; h < 3; ++h) {
        for (std::size_t w = 0; w < 2; ++w) {
          EXPECT_EQ(theirs[((o * 2 + c) * 3 + h) * 2 + w], ours[((h * 2 + w) * 2 + c) * 3 + o]);
        }
      }
    }
  }
  const StoredTensor* const dense = file->find("6.weight");
  ASSERT_NE(dense, nullptr);
  const PlacedLayer& placed = network.layers()[6];
  EXPECT_EQ(dense->shape, (Sides{3, placed.shape.rows}));
  const Floats out_by_in = *to_floats(*dense);
  for (std::size_t i = 0; i < placed.shape.rows; ++i) {
    for (std::size_t o = 0; o < 3; ++o) {
      EXPECT_EQ(out_by_in[o * placed.shape.rows + i],
                network.parameters()[placed.weight + i * 3 + o]);
    }
  }
}

TEST(ModelFile, ADenoiserHasNoClassesAndAnImageAsOutput) {
  const auto network =
      test::random_network({4, 4, 1},
                           {Conv2d{2, {3, 3}, {2, 2}, {1, 1}}, Relu{}, Upsample2d{{2, 2}},
                            Conv2d{1, {3, 3}, {1, 1}, {1, 1}}, Sigmoid{}},
                           41);
  const auto model = load_model(format_model(network, {}), "m");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(model->verified);
  EXPECT_EQ(model->network.output_shape(), model->network.input_shape());

  const auto classifier = test::random_network({4, 4, 1}, {Flatten{}, Dense{3}}, 42);
  const auto nameless = load_model(format_model(classifier, {}), "m");
  ASSERT_FALSE(nameless);
  EXPECT_EQ(
      nameless.error().message,
      "m: it has no classes, and its output 1×1×3 is not an image of its input's shape 4×4×1");
}

/// A 1×1×2 classifier with I8 weights [[1, -128], [127, 0]] and the scale given as header entry.
Bytes quantised(const std::string& scale_entry, const Bytes& scale) {
  const std::string architecture =
      R"({\"input\":{\"height\":1,\"width\":1,\"channels\":2},\"classes\":[\"a\",\"b\"],)"
      R"(\"layers\":[{\"type\":\"dense\",\"units\":2}]})";
  Bytes data = {0, 0, 0, 0, 0, 0, 0, 0, 1, 0x80, 0x7F, 0};
  data.insert(data.end(), scale.begin(), scale.end());
  return test::safetensors_bytes(
      R"({"__metadata__":{"signflip":")" + architecture +
          R"("},"0.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
          R"("0.weight":{"dtype":"I8","shape":[2,2],"data_offsets":[8,12]})" +
          scale_entry + "}",
      data);
}

TEST(ModelFile, ReadsQuantisedWeightsWithAScaleForEachOutput) {
  const std::string entry =
      R"(,"0.weight.scale":{"dtype":"F32","shape":[2],"data_offsets":[12,20]})";
  const Bytes half_and_two = {0, 0, 0, 0x3F, 0, 0, 0, 0x40};
  const auto model = load_model(quantised(entry, half_and_two), "m");
  ASSERT_TRUE(model) << model.error().message;
  const auto logits = logits_of(model->network, {1.0F, 0.25F});
  EXPECT_EQ(logits, (Floats{0.5F - 16.0F, 254.0F}));

  const auto missing = load_model(quantised("", {}), "m");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "m: tensor 0.weight is I8, but 0.weight.scale is missing");
  const auto one = load_model(
      quantised(R"(,"0.weight.scale":{"dtype":"F32","shape":[1],"data_offsets":[12,16]})",
                Bytes(4)),
      "m");
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().message, "m: tensor 0.weight.scale has the shape 1, expected 2");
  const auto half = load_model(
      quantised(R"(,"0.weight.scale":{"dtype":"F16","shape":[2],"data_offsets":[12,16]})",
                Bytes(4)),
      "m");
  ASSERT_FALSE(half);
  EXPECT_EQ(half.error().message, "m: tensor 0.weight.scale has dtype F16, expected F32");
}

TEST(ModelFile, BatchNormWithoutWeightsHasStatisticsAlone) {
  Sequential network = test::random_network(
      {4, 4, 2}, {BatchNorm2d{{0.2F, false}}, Flatten{}, BatchNorm1d{{0.3F, true}}, Dense{3}}, 21);
  for (const WeightType type : {WeightType::f32, WeightType::f16, WeightType::i8}) {
    SafetensorsWriter writer;
    add_network(writer, network, type);
    const Bytes bytes = writer.finish();
    const auto file = parse_safetensors(bytes, "m");
    ASSERT_TRUE(file);
    EXPECT_EQ(file->find("0.weight"), nullptr);
    EXPECT_EQ(file->find("0.bias"), nullptr);
    EXPECT_NE(file->find("0.running_mean"), nullptr);
    EXPECT_NE(file->find("2.weight"), nullptr);
    Sequential back = *Sequential::create(network.architecture());
    const Status read = read_network(*file, back);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(std::equal(network.statistics().begin(), network.statistics().end(),
                           back.statistics().begin()));
  }
}

TEST(ModelFile, TheCeilingsTensorSaysWhatSharesOne) {
  const auto load = [](const std::string& keys, const std::vector<std::size_t>& sides) {
    SafetensorsWriter writer;
    writer.add_metadata("signflip", R"({"input": {"height": 2, "width": 3, "channels": 2},
      "layers": [{"type": "clipped_relu")" +
                                        keys + "}]}");
    Floats values(1);
    for (const std::size_t side : sides) values.resize(values.size() * side);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) / 16.0F;
    writer.add_f32("0.ceiling", sides, values);
    return load_model(writer.finish(), "m");
  };
  const auto ceilings = [&](const std::vector<std::size_t>& sides) {
    const auto model = load("", sides);
    EXPECT_TRUE(model) << (model ? "" : model.error().message);
    return model ? std::get<ClippedRelu>(model->network.layers()[0].layer).ceilings
                 : Ceilings::unsaid;
  };
  EXPECT_EQ(ceilings({}), Ceilings::layer);
  EXPECT_EQ(ceilings({1}), Ceilings::layer);
  EXPECT_EQ(ceilings({1, 1, 1}), Ceilings::layer);
  EXPECT_EQ(ceilings({2}), Ceilings::channel);
  EXPECT_EQ(ceilings({1, 2, 1, 1}), Ceilings::channel);
  EXPECT_EQ(ceilings({2, 2, 3}), Ceilings::neuron);
  EXPECT_EQ(ceilings({1, 2, 2, 3}), Ceilings::neuron);

  const auto model = load("", {2, 2, 3});
  ASSERT_TRUE(model);
  const Floats ones(12, 1.0F);  // H×W×C: the ceilings are in C×H×W
  Floats expected = {0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11};
  for (float& value : expected) value /= 16.0F;
  EXPECT_EQ(logits_of(model->network, ones), expected);

  const auto other = load("", {2, 3, 2});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().message, "m: tensor 0.ceiling has the shape 2×3×2, expected 2×2×3");
  const auto five = load("", {5});
  ASSERT_FALSE(five);
  EXPECT_EQ(five.error().message, "m: tensor 0.ceiling has the shape 5, expected 2");
  const auto said = load(R"(, "ceiling": "neuron")", {2});
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().message, "m: tensor 0.ceiling has the shape 2, expected 2×2×3");
}

TEST(ModelFile, CeilingsAreWrittenAndReadAgain) {
  for (const Ceilings ceilings : {Ceilings::layer, Ceilings::channel, Ceilings::neuron}) {
    const Sequential network =
        test::random_network({2, 3, 2}, {ClippedRelu{ceilings}, Flatten{}, Dense{12}}, 4);
    SafetensorsWriter writer;
    add_network(writer, network, WeightType::f32);
    const Bytes bytes = writer.finish();
    Sequential back = *Sequential::create(network.architecture());
    const Status read = read_network(*parse_safetensors(bytes, "m"), back);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(std::equal(network.parameters().begin(), network.parameters().end(),
                           back.parameters().begin()));
  }
}

TEST(ModelFile, ASoftmaxAtTheEndIsTakenOffAndTheSelfTestMeansWhatItWasWrittenWith) {
  const Sequential network = test::small_model();
  const auto file_with = [&](const std::string& type, bool as_written) {
    auto architecture = architecture_to_json(network.architecture());
    architecture["layers"].push_back({{"type", type}});
    SafetensorsWriter writer;
    writer.add_metadata("signflip", architecture.dump());
    add_network(writer, network, WeightType::f32);
    const ImageShape in = network.input_shape();
    const Floats image(in.size(), 0.5F);
    Floats outputs = logits_of(network, image);
    if (as_written) {
      double sum = 0;
      for (const float z : outputs) sum += std::exp(static_cast<double>(z));
      for (float& z : outputs) {
        const double log_p = static_cast<double>(z) - std::log(sum);
        z = static_cast<float>(type == "softmax" ? std::exp(log_p) : log_p);
      }
    }
    const auto side = [](int value) { return static_cast<std::size_t>(value); };
    writer.add_f32("selftest.input", {1, side(in.height), side(in.width), side(in.channels)},
                   image);
    writer.add_f32("selftest.logits", {1, outputs.size()}, outputs);
    return writer.finish();
  };
  for (const std::string type : {"softmax", "log_softmax"}) {
    const auto model = load_model(file_with(type, true), "m");
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_TRUE(model->verified);
    EXPECT_EQ(model->network.architecture().removed, type);
    EXPECT_EQ(model->network.architecture().layers, network.architecture().layers);
    EXPECT_FALSE(load_model(file_with(type, false), "m")) << "logits are not what it ended in";
  }
}

}  // namespace
}  // namespace signflip
