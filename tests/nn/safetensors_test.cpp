// The container: round trips, its exact bytes, and refusal of everything that is not well formed.
// What the tensors mean is model_file_test.cpp's business.
#include "nn/safetensors.h"

#include <gtest/gtest.h>

#include "core/concat.h"
#include "support/model_bytes.h"

namespace signflip {
namespace {

using test::Bytes;
using test::safetensors_bytes;

std::string refusal(const Bytes& bytes) {
  const auto file = parse_safetensors(bytes, "m");
  return file ? "it is a file" : file.error().message;
}

/// The sentence about a file of `data` bytes and one header.
std::string refusal(std::string_view header, std::size_t data) {
  return refusal(safetensors_bytes(header, Bytes(data)));
}

constexpr std::string_view kPrefix = "m is not a readable model file: ";

TEST(Safetensors, RoundTripsF32AndF16) {
  const std::vector<float> a = {1.0F, -2.5F, 3e-30F, 4e30F, 0.1F, -0.0F}, b = {0.5F, 0.1F, -7.0F};
  SafetensorsWriter writer;
  writer.add_metadata("seed", "7");
  writer.add_metadata("note", "“quoted”\n");
  writer.add_f16("half", {3}, b);
  writer.add_f32("full", {2, 1, 3}, a);
  writer.add_f32("empty", {0, 4}, {});
  const Bytes bytes = writer.finish();
  EXPECT_EQ(bytes, writer.finish());

  const auto file = parse_safetensors(bytes, "m");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->metadata.size(), 2U);
  EXPECT_EQ(file->metadata.at("note"), "“quoted”\n");
  ASSERT_NE(file->find("full"), nullptr);
  EXPECT_EQ(file->find("full")->shape, (std::vector<std::size_t>{2, 1, 3}));
  EXPECT_EQ(*to_floats(*file->find("full")), a);
  EXPECT_EQ(*to_floats(*file->find("half")), (std::vector<float>{0.5F, 0.0999755859375F, -7.0F}));
  EXPECT_EQ(file->find("empty")->size(), 0U);
  EXPECT_EQ(file->find("nothing"), nullptr);
}

// Python's safetensors makes views into the file, which PyTorch refuses where they are not aligned.
TEST(Safetensors, EveryTensorIsAligned) {
  SafetensorsWriter writer;
  writer.add_f16("a", {1}, std::vector<float>{1.0F});
  writer.add_f32("b", {1}, std::vector<float>{2.0F});
  writer.add_f16("c", {3}, std::vector<float>(3, 3.0F));
  writer.add_f32("d", {1}, std::vector<float>{4.0F});
  const Bytes bytes = writer.finish();
  EXPECT_EQ(test::header_length(bytes) % 8, 0U);
  const auto file = parse_safetensors(bytes, "m");
  ASSERT_TRUE(file);
  for (const StoredTensor& tensor : file->tensors) {
    const auto at = static_cast<std::size_t>(tensor.bytes.data() - bytes.data());
    EXPECT_EQ(at % (tensor.dtype == "F32" ? 4 : 2), 0U) << tensor.name;
  }
  EXPECT_EQ((*to_floats(*file->find("d")))[0], 4.0F);
}

TEST(Safetensors, ItsBytesAreThese) {
  SafetensorsWriter writer;
  writer.add_f32("w", {1}, std::vector<float>{1.0F});
  const std::string header = R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(writer.finish(), safetensors_bytes(padded, {0, 0, 0x80, 0x3F}));
}

TEST(Safetensors, ReadsOtherTypes) {
  const Bytes bytes = safetensors_bytes(
      R"({"i":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},
          "n":{"dtype":"I64","shape":[],"data_offsets":[2,10]}})",
      {0x80, 0x7F, 1, 0, 0, 0, 0, 0, 0, 0});
  const auto file = parse_safetensors(bytes, "m");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(*to_floats(*file->find("i")), (std::vector<float>{-128.0F, 127.0F}));
  EXPECT_EQ(file->find("n")->size(), 1U);
  const auto whole = to_floats(*file->find("n"));
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().message, "tensor n has dtype I64, expected F32, F16 or I8");
}

TEST(Safetensors, AnEmptyTensorMayLieAnywhere) {
  EXPECT_EQ(refusal(R"({"z":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},
                        "a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                        "b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                    8),
            "it is a file");
}

TEST(Safetensors, RefusesABadFrame) {
  EXPECT_EQ(refusal(Bytes{}), std::string(kPrefix) + "it has 0 bytes, expected at least 8");
  EXPECT_EQ(refusal(Bytes(7)), std::string(kPrefix) + "it has 7 bytes, expected at least 8");
  EXPECT_EQ(refusal(Bytes(8)), std::string(kPrefix) + "its header is not a JSON object");
  EXPECT_EQ(refusal(Bytes(16, 0xFF)),
            std::string(kPrefix) +
                "its header should be 18446744073709551615 bytes long, expected "
                "at most 1048576");
  Bytes short_header(16, 0xFF);
  short_header[2] = short_header[3] = short_header[4] = short_header[5] = 0;
  short_header[6] = short_header[7] = 0;
  EXPECT_EQ(refusal(short_header),
            std::string(kPrefix) + "its header should be 65535 bytes long, but only 8 follow");
  for (const char* header :
       {"", " ", "7", "[]", "{", "{}}", "\xFF\xFE", "{\"a\"", "null", "\"__metadata__\""}) {
    EXPECT_EQ(refusal(header, 0), concat(kPrefix, "its header is not a JSON object")) << header;
  }
  EXPECT_EQ(refusal("{}", 0), "it is a file");
  EXPECT_EQ(refusal("{}", 3),
            std::string(kPrefix) + "its tensors take 0 bytes, but 3 follow the header");
  EXPECT_EQ(refusal(R"({"__metadata__": 1})", 0),
            std::string(kPrefix) + "its __metadata__ is not a JSON object");
  EXPECT_EQ(refusal(R"({"__metadata__": {"a": 1}})", 0),
            std::string(kPrefix) + "its metadata a is not a string");
  EXPECT_EQ(refusal(std::string(500000, '{'), 0),
            std::string(kPrefix) + "its header is not a JSON object");
}

TEST(Safetensors, RefusesABadTensor) {
  const auto tensor = [](const std::string& entry, std::size_t data) {
    const std::string text = refusal("{\"w\": " + entry + "}", data);
    return text.substr(text.starts_with(kPrefix) ? kPrefix.size() : 0);
  };
  const std::string incomplete = "tensor w needs a dtype, a shape and two data_offsets";
  EXPECT_EQ(tensor("1", 4), incomplete);
  EXPECT_EQ(tensor("{}", 4), incomplete);
  EXPECT_EQ(tensor(R"({"dtype":"F32","shape":[1]})", 4), incomplete);
  EXPECT_EQ(tensor(R"({"dtype":"F32","shape":[1],"data_offsets":[0]})", 4), incomplete);
  EXPECT_EQ(tensor(R"({"dtype":32,"shape":[1],"data_offsets":[0,4]})", 4), incomplete);
  EXPECT_EQ(tensor(R"({"dtype":"F33","shape":[1],"data_offsets":[0,4]})", 4),
            "tensor w has the unknown dtype F33");
  EXPECT_EQ(tensor(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})", 4),
            "tensor w has a shape that is not whole numbers");
  EXPECT_EQ(tensor(R"({"dtype":"F32","shape":[1.5],"data_offsets":[0,4]})", 4),
            "tensor w has a shape that is not whole numbers");
  EXPECT_EQ(tensor(R"({"dtype":"F32","shape":[1],"data_offsets":[-4,0]})", 4),
            "tensor w has data_offsets that are not whole numbers");
  EXPECT_EQ(tensor(R"({"dtype":"F32","shape":[1],"data_offsets":[4,0]})", 4),
            "tensor w lies at bytes 4 to 0 of the data, but the file holds 4");
  EXPECT_EQ(tensor(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4503599627370496]})", 4),
            "tensor w lies at bytes 0 to 4503599627370496 of the data, but the file holds 4");
  EXPECT_EQ(tensor(R"({"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]})", 4),
            "tensor w has data_offsets that are not whole numbers");
  EXPECT_EQ(tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})", 4),
            "tensor w has 4 bytes, expected 8 for its shape");
  EXPECT_EQ(tensor(R"({"dtype":"F32","shape":[4503599627370496],"data_offsets":[0,4]})", 4),
            "tensor w has an impossibly large shape");
  EXPECT_EQ(tensor(R"({"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]})", 4),
            "tensor w has a shape that is not whole numbers");
  // 2^40 · 2^24 is 0 in 64 bits, 2^16 · 2^16 is 0 in 32.
  EXPECT_EQ(tensor(R"({"dtype":"F32","shape":[1099511627776,16777216],"data_offsets":[0,0]})", 0),
            "tensor w has an impossibly large shape");
  EXPECT_EQ(tensor(R"({"dtype":"F32","shape":[65536,65536],"data_offsets":[0,0]})", 0),
            "tensor w has an impossibly large shape");
  EXPECT_EQ(tensor(R"({"dtype":"F32","shape":[0,65536,65536,65536],"data_offsets":[0,0]})", 0),
            "it is a file");
}

TEST(Safetensors, RefusesOverlapsAndGaps) {
  const auto two = [](const std::string& first, const std::string& second, std::size_t data) {
    return refusal(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":)" + first +
                       R"(},"b":{"dtype":"F32","shape":[1],"data_offsets":)" + second + "}}",
                   data);
  };
  EXPECT_EQ(two("[0,4]", "[4,8]", 8), "it is a file");
  EXPECT_EQ(two("[4,8]", "[0,4]", 8), "it is a file");
  EXPECT_EQ(two("[0,4]", "[0,4]", 4),
            std::string(kPrefix) + "tensor b overlaps another or leaves a gap before it");
  EXPECT_EQ(two("[0,4]", "[2,6]", 6),
            std::string(kPrefix) + "tensor b overlaps another or leaves a gap before it");
  EXPECT_EQ(two("[0,4]", "[5,9]", 9),
            std::string(kPrefix) + "tensor b overlaps another or leaves a gap before it");
  EXPECT_EQ(two("[0,4]", "[4,8]", 9),
            std::string(kPrefix) + "its tensors take 8 bytes, but 9 follow the header");
}

TEST(Safetensors, RefusesADuplicatedKey) {
  EXPECT_EQ(refusal(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                        "a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                    8),
            std::string(kPrefix) + "tensor a is there twice");
}

TEST(SafetensorsWriter, WritesTextThatIsNotUtf8) {
  SafetensorsWriter writer;
  writer.add_metadata("path", "caf\xE9");
  const Bytes bytes = writer.finish();
  const auto file = parse_safetensors(bytes, "m");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->metadata.at("path"), "caf\xEF\xBF\xBD");
}

}  // namespace
}  // namespace signflip
