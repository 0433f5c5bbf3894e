// Model files that are damaged, or written to harm: one sentence each, never a crash, and no memory
// taken on the word of a header. The container's own checks: safetensors_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "nn/safetensors.h"
#include "support/model_bytes.h"

namespace signflip {
namespace {

using test::Bytes;

std::string refusal(const Bytes& bytes) {
  const auto model = load_model(bytes, "m.safetensors");
  return model ? "it is a model" : model.error().message;
}

const Bytes& good() {
  static const Bytes bytes = format_model(test::small_model(), {});
  return bytes;
}

/// The file with its tensor `name` overwritten from `value` on.
Bytes with_value(const std::string& name, float value, std::size_t index = 0) {
  Bytes bytes = good();
  const Json header = test::header_of(bytes);
  const std::size_t begin = header[name]["data_offsets"][0].get<std::size_t>();
  std::memcpy(bytes.data() + 8 + test::header_length(bytes) + begin + index * sizeof value, &value,
              sizeof value);
  return bytes;
}

Bytes with_layer(std::size_t layer, const std::string& key, const Json& value) {
  return test::with_architecture(
      good(), [&](Json& architecture) { architecture["layers"][layer][key] = value; });
}

TEST(DamagedModel, TheGoodOneIsGood) {
  EXPECT_EQ(refusal(good()), "it is a model");
  EXPECT_EQ(refusal(test::with_header(good(), [](Json&) {})), "it is a model");
}

TEST(DamagedModel, TheSelfTestAllowsRoundingAndNoMore) {
  // A ten-thousandth of the largest logit (at least of 1): ten times what PyTorch and we differ by,
  // and less than a single damaged weight makes.
  const auto file = parse_safetensors(good(), "m");
  ASSERT_TRUE(file);
  const auto logits = *to_floats(*file->find("selftest.logits"));
  float scale = 1;
  for (const float logit : logits) scale = std::max(scale, std::fabs(logit));
  for (std::size_t k = 0; k < logits.size(); ++k) {
    for (const float sign : {-1.0F, 1.0F}) {
      EXPECT_EQ(refusal(with_value("selftest.logits", logits[k] + sign * 0.9e-4F * scale, k)),
                "it is a model");
      EXPECT_NE(refusal(with_value("selftest.logits", logits[k] + sign * 1.2e-4F * scale, k))
                    .find("its self-test fails"),
                std::string::npos);
    }
  }
}

TEST(DamagedModel, CutAtAnyByteIsOneSentence) {
  for (const WeightType type : {WeightType::f32, WeightType::f16, WeightType::i8}) {
    const Bytes bytes = format_model(test::small_model(), {.weights = type, .metadata = {}});
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      // A block of exactly this size, so that AddressSanitizer sees each overrun.
      const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      const std::string sentence = refusal(cut);
      ASSERT_EQ(sentence.rfind("m.safetensors is not a readable model file: ", 0), 0U) << sentence;
    }
    Bytes longer = bytes;
    longer.push_back(0);
    EXPECT_NE(refusal(longer), "it is a model");
  }
}

TEST(DamagedModel, NoFlippedHeaderBitCrashes) {
  Bytes bytes = good();
  const std::size_t header = 8 + test::header_length(bytes);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < header; ++i) {
    for (const int bit : {0, 4, 7}) {
      const auto flip = static_cast<std::uint8_t>(1U << bit);
      bytes[i] ^= flip;
      const auto model = load_model(bytes, "m");
      refused += model ? 0 : 1;
      bytes[i] ^= flip;
    }
  }
  EXPECT_GT(refused, header);
}

TEST(DamagedModel, AFlippedWeightFailsTheSelfTest) {
  Bytes bytes = good();
  const std::size_t begin =
      test::header_of(bytes)["0.weight"]["data_offsets"][0].get<std::size_t>();
  bytes[8 + test::header_length(bytes) + begin + 3] ^= 0x40;  // the exponent of the first weight
  EXPECT_EQ(refusal(bytes).rfind("m.safetensors: its self-test fails: logit ", 0), 0U)
      << refusal(bytes);
  EXPECT_EQ(refusal(with_value("6.bias", 3.0F)).rfind("m.safetensors: its self-test fails", 0), 0U);
}

TEST(DamagedModel, ASelfTestThatIsNotFiniteIsNoSelfTest) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const float value : {kNan, std::numeric_limits<float>::infinity()}) {
    for (std::size_t index = 0; index < 3; ++index) {
      EXPECT_EQ(refusal(with_value("selftest.logits", value, index)),
                "m.safetensors: tensor selftest.logits holds a value that is not a finite number");
    }
    EXPECT_EQ(refusal(with_value("selftest.input", value)),
              "m.safetensors: tensor selftest.input holds a value that is not a finite number");
  }
  EXPECT_NE(refusal(with_value("selftest.input", 3e38F)), "it is a model");
}

TEST(DamagedModel, ValuesMustBeFinite) {
  EXPECT_EQ(refusal(with_value("0.weight", std::numeric_limits<float>::quiet_NaN(), 5)),
            "m.safetensors: tensor 0.weight holds a value that is not a finite number");
  EXPECT_EQ(refusal(with_value("6.bias", -std::numeric_limits<float>::infinity())),
            "m.safetensors: tensor 6.bias holds a value that is not a finite number");
  EXPECT_EQ(refusal(with_value("1.running_var", -0.5F)),
            "m.safetensors: tensor 1.running_var holds a negative variance");
}

TEST(DamagedModel, TensorsMustBeThereAndFit) {
  const auto renamed = [](const std::string& from) {
    return refusal(test::with_header(good(), [&](Json& header) {
      header["x"] = header[from];
      header.erase(from);
    }));
  };
  EXPECT_EQ(renamed("0.weight"), "m.safetensors: tensor 0.weight is missing");
  EXPECT_EQ(renamed("6.bias"), "m.safetensors: tensor 6.bias is missing");
  EXPECT_EQ(renamed("1.running_mean"), "m.safetensors: tensor 1.running_mean is missing");
  EXPECT_EQ(renamed("selftest.logits"), "m.safetensors: tensor selftest.logits is missing");
  EXPECT_EQ(renamed("selftest.input"), "m.safetensors: tensor selftest.input is missing");
  EXPECT_EQ(refusal(test::with_header(good(),
                                      [](Json& header) {
                                        header["0.weight"]["shape"] = {3, 2, 2, 3};
                                      })),
            "m.safetensors: tensor 0.weight has the shape 3×2×2×3, expected 3×2×3×2");
  EXPECT_EQ(refusal(test::with_header(good(),
                                      [](Json& header) {
                                        header["selftest.input"]["shape"] = {4, 4, 2};
                                      })),
            "m.safetensors: tensor selftest.input has the shape 4×4×2, expected 1×4×4×2");
  EXPECT_EQ(
      refusal(test::with_header(good(), [](Json& header) { header["6.bias"]["dtype"] = "I32"; })),
      "m.safetensors: tensor 6.bias has dtype I32, expected F32, F16 or I8");
}

TEST(DamagedModel, TensorsMustBeOfTheNetwork) {
  const auto with = [](const std::string& name, const std::string& dtype) {
    return refusal(test::with_header(good(), [&](Json& header) {
      header[name] = {{"dtype", dtype}, {"shape", {0}}, {"data_offsets", {0, 0}}};
    }));
  };
  const auto stranger = [](const std::string& name) {
    return "m.safetensors: tensor " + name + " belongs to none of its layers";
  };
  // Of a layer that is not there, of one that has no values, misspelt, and of other kinds of
  // layers.
  for (const char* const name :
       {"7.weight", "2.weight", "0.weights", "0.running_mean", "weight", "06.bias",
        "0.weight.scale", "1.num_batches", "selftest.x", "x", ""}) {
    EXPECT_EQ(with(name, "F32"), stranger(name));
  }
  EXPECT_EQ(with("golden.logits", "F32"), "it is a model") << "expected values of some test";
  EXPECT_EQ(with("1.num_batches_tracked", "I64"), "it is a model") << "PyTorch's state_dict has it";
}

TEST(DamagedModel, TheArchitectureMustBeOne) {
  EXPECT_EQ(refusal(test::with_header(good(), [](Json& header) { header.erase("__metadata__"); })),
            "m.safetensors: its metadata has no 'signflip' entry with the architecture");
  EXPECT_EQ(refusal(test::with_header(
                good(), [](Json& header) { header["__metadata__"]["signflip"] = "{]"; })),
            "m.safetensors: the architecture is not a JSON object");
  EXPECT_EQ(refusal(with_layer(2, "type", "lstm")).rfind("m.safetensors: layer 2: type is", 0), 0U);
  EXPECT_EQ(refusal(with_layer(4, "type", "relu")),
            "m.safetensors: layer 6: dense needs a flat input, not 2×3×3: put a flatten before it");
  EXPECT_EQ(refusal(test::with_architecture(good(), [](Json& a) { a.erase("input"); })),
            "m.safetensors: the input must be at least 1×1×1 and of a sensible size, not 0×0×0");
  EXPECT_EQ(refusal(test::with_architecture(good(),
                                            [](Json& a) {
                                              a["classes"] = {"a", "b"};
                                            })),
            "m.safetensors: the last layer makes 1×1×3, but there are 2 classes");
  EXPECT_EQ(refusal(test::with_architecture(good(), [](Json& a) { a["layers"] = Json::array(); })),
            "m.safetensors: a network needs at least one layer, found none");
}

TEST(DamagedModel, AbsurdSizesTakeNoMemory) {
  EXPECT_EQ(refusal(with_layer(0, "kernel", 1000000000)),
            "m.safetensors: layer 0: kernel is 1000000000, expected [height, width]");
  EXPECT_EQ(refusal(with_layer(0, "filters", 1000000000)),
            "m.safetensors: layer 0: conv2d's filters must be between 1 and 65536, not 1000000000");
  EXPECT_EQ(refusal(with_layer(0, "filters", 65536))
                .rfind("m.safetensors: its architecture has more parameters than the file has", 0),
            0U);
  EXPECT_EQ(refusal(with_layer(6, "units", 65536))
                .rfind("m.safetensors: its architecture has more parameters than the file has", 0),
            0U);
  EXPECT_NE(refusal(test::with_architecture(good(),
                                            [](Json& a) {
                                              a["layers"][0]["kernel"] = {4096, 4096};
                                              a["layers"][0]["padding"] = {4095, 4095};
                                            })),
            "it is a model");
  EXPECT_EQ(refusal(test::with_architecture(
                        good(),
                        [](Json& a) {
                          a["input"] = {{"height", 4096}, {"width", 4096}, {"channels", 65536}};
                        }))
                .rfind("m.safetensors: the input must be", 0),
            0U);
}

TEST(DamagedModel, DeepNestingIsRefused) {
  const std::string deep = std::string(200000, '[') + std::string(200000, ']');
  EXPECT_EQ(refusal(test::with_header(good(),
                                      [&](Json& header) {
                                        header["__metadata__"]["signflip"] =
                                            "{\"layers\": [], \"version\": " + deep + "}";
                                      })),
            "m.safetensors: the architecture is not a JSON object");
  EXPECT_EQ(refusal(test::safetensors_bytes("{\"a\": " + deep + "}")),
            "m.safetensors is not a readable model file: its header is not a JSON object");
}

}  // namespace
}  // namespace signflip
