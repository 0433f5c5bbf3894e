// Text that a file or an argument brings, shown without what a terminal would obey.
#include "core/visible_text.h"

#include <gtest/gtest.h>

namespace signflip {
namespace {

TEST(VisibleText, LeavesOrdinaryTextAlone) {
  for (const char* text :
       {"", "seven.png", "Größe ≤ 8/255", "日本", "👩‍🔬", "می‌خواهم", "a\\b"}) {
    EXPECT_EQ(visible_text(text), text);
  }
}

TEST(VisibleText, WritesControlCharactersOut) {
  EXPECT_EQ(visible_text("\x1B[2Ja"), "\\x1B[2Ja");
  EXPECT_EQ(visible_text("a\nb\rc\td\x7F"), "a\\nb\\rc\\td\\x7F");
  EXPECT_EQ(visible_text(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(visible_text("\xC2\x9B"
                         "31m"),
            "\\x9B31m")
      << "one character that begins a sequence";
  EXPECT_EQ(visible_text("a\nb\t\x1B", "\n\t"), "a\nb\t\\x1B");
}

TEST(VisibleText, WritesMarksOfDirectionAndInvisibleOnesOut) {
  EXPECT_EQ(visible_text("photo_\u202Egnp.exe"), "photo_\\u{202E}gnp.exe");
  for (const char* mark : {"\u061C", "\u200B", "\u200E", "\u200F", "\u2028", "\u2029", "\u202A",
                           "\u202D", "\u2066", "\u2069", "\uFEFF", "\U000E0041"}) {
    const std::string shown = visible_text(mark);
    EXPECT_EQ(shown.substr(0, 3), "\\u{") << shown;
    EXPECT_EQ(shown.find(mark), std::string::npos);
  }
}

TEST(VisibleText, WritesBytesThatAreNoUtf8Out) {
  EXPECT_EQ(visible_text("a\xFF\xC0\xAF"), "a\\xFF\\xC0\\xAF");
  EXPECT_EQ(visible_text("\xED\xA0\x80"), "\\xED\\xA0\\x80") << "a surrogate";
  EXPECT_EQ(visible_text("\xE2\x88"), "\\xE2\\x88") << "cut short";
}

TEST(VisibleText, IsCutBetweenCharacters) {
  EXPECT_EQ(shortened("short", 5), "short");
  EXPECT_EQ(shortened("longer", 5), "longe… (6 bytes)");
  EXPECT_EQ(shortened("äöü", 5), "äö… (6 bytes)");
  EXPECT_EQ(shortened("ab\x1B"
                      "c",
                      5),
            "ab… (4 bytes)");
  EXPECT_LT(shortened(std::string(5000000, 'x'), 80).size(), 100U);
}

}  // namespace
}  // namespace signflip
