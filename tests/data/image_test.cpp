// Tests of decoding pictures. Resizing is tested in image_resize_test.cpp.
#include "data/image.h"

#include <cmath>

#include "support/files.h"
#include "support/small_pictures.h"

namespace signflip {
namespace {

using test::Bytes;
using test::bytes_of;
using test::contains;

std::string message_for(const Bytes& bytes) {
  const auto result = decode_picture(bytes, "p");
  return result ? "no error" : result.error().message;
}

TEST(Image, PngRoundTrips) {
  for (const int channels : {1, 3}) {
    Picture picture{5, 3, channels, {}};
    for (int i = 0; i < 15 * channels; ++i)
      picture.pixels.push_back(static_cast<std::uint8_t>(i * 5));
    const auto again = decode_picture(encode_png(picture), "p.png");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->width, 5);
    EXPECT_EQ(again->height, 3);
    EXPECT_EQ(again->channels, channels);
    EXPECT_EQ(again->pixels, picture.pixels);
  }
}

TEST(Image, TransparencyIsCompositedOnWhite) {
  const Picture rgba{2, 1, 4, {200, 100, 0, 255, 200, 100, 0, 0}};
  const auto colour = decode_picture(encode_png(rgba), "p.png");
  ASSERT_TRUE(colour) << colour.error().message;
  EXPECT_EQ(colour->channels, 3);
  EXPECT_EQ(colour->pixels, (Bytes{200, 100, 0, 255, 255, 255}));

  const Picture grey_alpha{2, 1, 2, {0, 51, 80, 255}};
  const auto grey = decode_picture(encode_png(grey_alpha), "p.png");
  ASSERT_TRUE(grey) << grey.error().message;
  EXPECT_EQ(grey->channels, 1);
  EXPECT_EQ(grey->pixels, (Bytes{204, 80}));
}

TEST(Image, CompositingRoundsToTheNearestByte) {
  Picture all{256, 256, 2, {}};
  for (int alpha = 0; alpha < 256; ++alpha) {
    for (int grey = 0; grey < 256; ++grey) {
      all.pixels.push_back(static_cast<std::uint8_t>(grey));
      all.pixels.push_back(static_cast<std::uint8_t>(alpha));
    }
  }
  const auto flat = decode_picture(encode_png(all), "p.png");
  ASSERT_TRUE(flat) << flat.error().message;
  for (int alpha = 0; alpha < 256; ++alpha) {
    for (int grey = 0; grey < 256; ++grey) {
      const double exact = (grey * alpha + 255 * (255 - alpha)) / 255.0;
      const double found = flat->pixels[static_cast<std::size_t>(256 * alpha + grey)];
      ASSERT_LE(std::abs(found - exact), 0.5) << grey << " under alpha " << alpha;
    }
  }
}

TEST(Image, ReadsJpegBaselineAndProgressive) {
  for (const Bytes& jpeg : {small::grey_jpeg(), small::progressive_jpeg()}) {
    const auto picture = decode_picture(jpeg, "p.jpg");
    ASSERT_TRUE(picture) << picture.error().message;
    EXPECT_EQ(picture->width, 3);
    EXPECT_EQ(picture->channels, 1);
    for (const std::uint8_t pixel : picture->pixels) EXPECT_NEAR(pixel, 190, 4);
  }
  const auto colour = decode_picture(small::colour_jpeg(), "p.jpg");
  ASSERT_TRUE(colour) << colour.error().message;
  EXPECT_EQ(colour->channels, 3);
  EXPECT_EQ(colour->pixels.size(), 16U * 16U * 3U);
}

TEST(Image, RefusesHuffmanTablesThatOverflow) {
  // Also in a table after the first scan, and behind a comment that looks like the end.
  for (const std::size_t table : {73U, 96U}) {
    Bytes jpeg = small::grey_jpeg();
    jpeg[table + 3] = 255;
    jpeg[table + 4] = 2;
    EXPECT_EQ(message_for(jpeg), "p is damaged: its JPEG data cannot be decoded");
  }
  Bytes late = small::grey_jpeg();
  late.resize(late.size() - 2);
  small::append(late, {0xff, 0xfe, 0, 4, 0xff, 0xd9, 0xff, 0xc4, 1, 0, 0, 255, 255});
  late.resize(late.size() + 300);
  EXPECT_EQ(message_for(late), "p is damaged: its JPEG data cannot be decoded");
}

TEST(Image, ReadsBmpTopRowFirst) {
  const auto picture = decode_picture(small::bmp(), "p.bmp");
  ASSERT_TRUE(picture) << picture.error().message;
  EXPECT_EQ(picture->pixels, (Bytes{255, 0, 0, 255, 255, 255, 0, 0, 255, 0, 255, 0}));
}

TEST(Image, ReadsPnmWithEitherLineEnd) {
  for (const char* header : {"P6\n2 1\n255\n", "P6\r\n2 1\r\n255\r\n", "P6 # c\n2\t1 255 "}) {
    const auto picture = decode_picture(bytes_of(std::string(header) + "abcdef"), "p.ppm");
    ASSERT_TRUE(picture) << picture.error().message;
    EXPECT_EQ(picture->pixels, bytes_of("abcdef")) << header;
  }
  // Copied in text mode, pixels of value 10 became two bytes.
  EXPECT_EQ(decode_picture(bytes_of("P5\r\n3 1\r\n255\r\na\r\nb"), "p.pgm")->pixels,
            bytes_of("a\nb"));
  // A first pixel of value 10 after a header that ends in \r is not a line end.
  EXPECT_EQ(decode_picture(bytes_of("P5\n2 1\n255\r\nx"), "p.pgm")->pixels, bytes_of("\nx"));
}

TEST(Image, ScalesOtherPnmDepths) {
  const auto shallow = decode_picture(bytes_of(std::string("P5 3 1 2\n") + '\0' + "\x01\x02"), "p");
  ASSERT_TRUE(shallow) << shallow.error().message;
  EXPECT_EQ(shallow->pixels, (Bytes{0, 128, 255}));
  const auto deep = decode_picture(bytes_of("P5 2 1 65535\n\xff\xff\x80\x80"), "p");
  ASSERT_TRUE(deep) << deep.error().message;
  EXPECT_EQ(deep->pixels, (Bytes{255, 128}));
}

TEST(Image, SizesAreCheckedBeforeDecoding) {
  EXPECT_TRUE(contains(message_for(bytes_of("P6 0 0 255\n")), "0×0 pixels: there is nothing"));
  EXPECT_TRUE(contains(message_for(bytes_of("P6 100000 100000 255\n")), "too large"));
  EXPECT_TRUE(contains(message_for(bytes_of("P5 30000 30000 255\n")), "67108864 in all"));
  EXPECT_TRUE(contains(message_for(bytes_of("P5 99999999999999999999 1 255\n")), "too large"));
  Bytes png = encode_png({1, 1, 1, {0}});
  png[18] = png[22] = 0x70;  // 28673×28673
  EXPECT_TRUE(contains(message_for(png), "28673×28673 pixels, which is too large"));
  png[17] = 1;
  EXPECT_NE(message_for(png), "no error");
}

TEST(Image, DamagedPicturesAreSentences) {
  EXPECT_EQ(message_for({}), "p is empty");
  EXPECT_EQ(message_for(bytes_of("GIF89a")), "p is not a PNG, JPEG, BMP, PGM or PPM picture");
  EXPECT_TRUE(contains(message_for(bytes_of("P3 1 1 255\n1 2 3")), "not a binary PGM or PPM"));
  EXPECT_EQ(message_for(bytes_of("P6 2 2 255\nabc")),
            "p is truncated: it has 3 bytes of pixels where 12 are expected");
  const Bytes png = encode_png({2, 2, 1, {1, 2, 3, 4}});
  const Bytes image_data = bytes_of("IDAT");
  const auto data = std::search(png.begin(), png.end(), image_data.begin(), image_data.end());
  for (auto end = png.begin() + 1; end < data + 8; ++end) {
    EXPECT_NE(message_for(Bytes(png.begin(), end)), "no error");
  }
}

TEST(Image, APngThatChangedSinceItWasWrittenIsDamaged) {
  const Bytes png = encode_png({5, 3, 3, Bytes(45, 77)});
  for (std::size_t at = 8; at < png.size(); ++at) {
    for (const std::uint8_t flipped : {1, 16, 128}) {
      Bytes changed = png;
      changed[at] ^= flipped;
      EXPECT_NE(message_for(changed), "no error") << at;
    }
  }
  for (std::size_t end = 1; end < png.size(); ++end) {
    EXPECT_NE(message_for(Bytes(png.begin(), png.begin() + static_cast<std::ptrdiff_t>(end))),
              "no error")
        << end;
  }
  Bytes changed = png;
  changed[changed.size() - 20] ^= 1;  // of the pixels' checksum: stb_image does not look at it
  EXPECT_EQ(message_for(changed),
            "p is damaged: its PNG data do not have the checksum that was written with them");
  Bytes followed = png;
  followed.push_back(0);
  EXPECT_EQ(message_for(followed), "no error");
}

TEST(Image, ABmpThatWasCutOffIsDamaged) {
  const Bytes bmp = small::bmp();
  for (std::size_t end = 1; end < bmp.size(); ++end) {
    EXPECT_NE(message_for(Bytes(bmp.begin(), bmp.begin() + static_cast<std::ptrdiff_t>(end))),
              "no error")
        << end;
  }
  EXPECT_EQ(message_for(Bytes(bmp.begin(), bmp.end() - 1)),
            "p is damaged: its BMP data are cut off");
}

/// A JPEG with an EXIF block that says how the camera was held, in either byte order.
Bytes held(int orientation, bool big_endian) {
  const Bytes plain = small::grey_jpeg();
  Bytes jpeg(plain.begin(), plain.begin() + 2);
  const auto value = static_cast<std::uint8_t>(orientation);
  if (big_endian) {
    small::append(jpeg, {0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8});
    small::append(jpeg, {0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0, 0, 0, 0, 0});
  } else {
    small::append(jpeg, {0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0, 8, 0, 0, 0});
    small::append(jpeg, {1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, value, 0, 0, 0, 0, 0, 0, 0});
  }
  jpeg.insert(jpeg.end(), plain.begin() + 2, plain.end());
  return jpeg;
}

TEST(Image, AJpegIsTurnedUpright) {
  const auto plain = decode_picture(small::grey_jpeg(), "p.jpg");
  ASSERT_TRUE(plain);
  ASSERT_EQ(plain->pixels.size(), 9U);
  const Bytes& p = plain->pixels;
  EXPECT_NE(p[0], p[2]) << "the gradient tells left from right";
  // Where each pixel of the upright picture comes from, row by row (EXIF 2.32, section 4.6.5).
  const std::size_t sources[8][9] = {{0, 1, 2, 3, 4, 5, 6, 7, 8}, {2, 1, 0, 5, 4, 3, 8, 7, 6},
                                     {8, 7, 6, 5, 4, 3, 2, 1, 0}, {6, 7, 8, 3, 4, 5, 0, 1, 2},
                                     {0, 3, 6, 1, 4, 7, 2, 5, 8}, {6, 3, 0, 7, 4, 1, 8, 5, 2},
                                     {8, 5, 2, 7, 4, 1, 6, 3, 0}, {2, 5, 8, 1, 4, 7, 0, 3, 6}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    Bytes expected;
    for (const std::size_t from : sources[orientation - 1]) expected.push_back(p[from]);
    for (const bool big_endian : {false, true}) {
      const auto turned = decode_picture(held(orientation, big_endian), "p.jpg");
      ASSERT_TRUE(turned) << turned.error().message;
      EXPECT_EQ(turned->pixels, expected) << orientation;
    }
  }
  for (const int nonsense : {0, 9, 255}) {
    EXPECT_EQ(decode_picture(held(nonsense, false), "p.jpg")->pixels, p);
  }
}

}  // namespace
}  // namespace signflip
