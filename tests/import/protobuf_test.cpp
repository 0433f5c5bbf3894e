// The wire format against bytes of its specification, and everything that is cut.
#include "import/onnx/protobuf.h"

#include <gtest/gtest.h>

namespace signflip::onnx {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(Protobuf, WritesWhatTheSpecificationSays) {
  ProtoWriter inner, outer;
  inner.integer(1, 150);
  EXPECT_EQ(inner.finished(), (Bytes{0x08, 0x96, 0x01}));
  outer.text(2, "testing");
  outer.message(3, inner);
  EXPECT_EQ(outer.finished(), (Bytes{0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67, 0x1a,
                                     0x03, 0x08, 0x96, 0x01}));
  ProtoWriter negative;
  negative.integer(1, -2);
  EXPECT_EQ(negative.finished(),
            (Bytes{0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
}

TEST(Protobuf, ReadsWhatItWrote) {
  ProtoWriter writer;
  writer.integer(1, -2);
  writer.real(900, 1.5F);
  writer.text(7, "name");
  ProtoReader reader(writer.finished());
  ProtoField field;
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.number, 1U);
  EXPECT_EQ(field.integer(), -2);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.number, 900U);
  EXPECT_EQ(field.real(), 1.5F);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.text(), "name");
  EXPECT_FALSE(reader.next(field));
  EXPECT_FALSE(reader.failed());
}

TEST(Protobuf, RepeatedNumbersMayBePackedOrAlone) {
  std::vector<std::int64_t> whole;
  const Bytes packed = {0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05};
  EXPECT_TRUE(
      append_integers({.number = 4, .kind = ProtoField::Kind::bytes, .bytes = packed}, whole));
  EXPECT_TRUE(append_integers({.number = 4, .value = 7, .bytes = {}}, whole));
  EXPECT_EQ(whole, (std::vector<std::int64_t>{3, 270, 86942, 7}));
  std::vector<double> reals;
  const Bytes four = {0, 0, 0x80, 0x3f};
  EXPECT_TRUE(append_floats({.number = 4, .kind = ProtoField::Kind::bytes, .bytes = four}, reals));
  EXPECT_TRUE(append_floats(
      {.number = 4, .kind = ProtoField::Kind::fixed32, .value = 0x40000000, .bytes = {}}, reals));
  EXPECT_EQ(reals, (std::vector<double>{1.0, 2.0}));
}

TEST(Protobuf, DamageFails) {
  const auto fails = [](const Bytes& bytes) {
    ProtoReader reader(bytes);
    ProtoField field;
    while (reader.next(field)) {
    }
    return reader.failed();
  };
  EXPECT_TRUE(fails({0x08}));                       // no value
  EXPECT_TRUE(fails({0x08, 0x80}));                 // a number without end
  EXPECT_TRUE(fails(Bytes(12, 0xff)));              // a key of more than ten bytes
  EXPECT_TRUE(fails({0x12, 0x05, 'a'}));            // longer than the rest
  EXPECT_TRUE(fails({0x0d, 1, 2, 3}));              // three of four bytes
  EXPECT_TRUE(fails({0x09, 1, 2, 3, 4, 5, 6, 7}));  // seven of eight
  EXPECT_TRUE(fails({0x0b}));                       // a group, which nothing writes any more
  EXPECT_TRUE(fails({0x00, 0x01}));                 // field 0
  EXPECT_TRUE(fails({0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
  std::vector<std::int64_t> whole;
  const Bytes open = {0x80};
  EXPECT_FALSE(
      append_integers({.number = 1, .kind = ProtoField::Kind::bytes, .bytes = open}, whole));
  std::vector<double> reals;
  EXPECT_FALSE(append_floats({.number = 1, .kind = ProtoField::Kind::bytes, .bytes = open}, reals));
  EXPECT_FALSE(append_doubles({.number = 1, .bytes = {}}, reals));
}

}  // namespace
}  // namespace signflip::onnx
