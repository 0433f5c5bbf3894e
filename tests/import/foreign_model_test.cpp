// Files of other programs are told apart by their bytes, and those that are not read say the way.
#include "import/foreign_model.h"

#include <gtest/gtest.h>

#include "import/onnx/export_onnx.h"
#include "nn/safetensors.h"
#include "support/networks.h"

namespace signflip::test {
namespace {

using std::string_view_literals::operator""sv;

std::string refusal(std::string_view text) {
  const auto format =
      foreign_model_format({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  return format ? "it is read" : format.error().message;
}

TEST(ForeignModel, EachFormatSaysTheWayToGo) {
  EXPECT_NE(refusal("\x89HDF\r\n\x1a\n........"sv).find("tf2onnx"), std::string::npos);
  EXPECT_NE(refusal("PK\3\4....model.weights.h5"sv).find(".keras"), std::string::npos);
  EXPECT_NE(refusal("PK\3\4....archive/data.pkl"sv).find("signflip_export.py"), std::string::npos);
  EXPECT_NE(refusal("\x80\2}q\0X......."sv).find("signflip_export.py"), std::string::npos);
  EXPECT_NE(refusal("\x80\4\x95......."sv).find("pickle"), std::string::npos);
  EXPECT_NE(refusal("\x1c\0\0\0TFL3...."sv).find("TensorFlow Lite"), std::string::npos);
  EXPECT_NE(refusal("GGUF....."sv).find("GGUF"), std::string::npos);
  EXPECT_NE(refusal(""sv).find("empty"), std::string::npos);
}

TEST(ForeignModel, OnnxAndSafetensorsAreTakenWhateverTheirNames) {
  const auto onnx = export_onnx(usual_network());
  ASSERT_TRUE(onnx);
  const auto format = foreign_model_format(*onnx);
  ASSERT_TRUE(format);
  EXPECT_EQ(*format, ForeignModel::onnx);
  SafetensorsWriter writer;
  const float one = 1.0F;
  writer.add_f32("x.weight", {1}, std::span(&one, 1));
  const auto state = foreign_model_format(writer.finish());
  ASSERT_TRUE(state);
  EXPECT_EQ(*state, ForeignModel::state_dict);
}

/// The first bytes of safetensors are the length of its header, which may be those of any format.
TEST(ForeignModel, NoLengthOfAHeaderIsTakenForAnotherFormat) {
  for (std::size_t length = 2; length < 70000; ++length) {
    std::vector<std::uint8_t> bytes(8);
    for (std::size_t i = 0; i < 3; ++i) bytes[i] = static_cast<std::uint8_t>(length >> (8 * i));
    bytes.push_back('{');
    bytes.resize(8 + 64, ' ');
    const auto format = foreign_model_format(bytes);
    ASSERT_TRUE(format) << length << ": " << format.error().message;
    ASSERT_EQ(*format, ForeignModel::state_dict) << length;
  }
}

}  // namespace
}  // namespace signflip::test
