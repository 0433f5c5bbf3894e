// Tests of the datasets' CSV reader.
#include "data/csv.h"

#include "support/files.h"

namespace signflip {
namespace {

using test::contains;

TEST(Csv, ReadsFieldsAndNumbers) {
  const auto table = parse_csv("name;width\r\na.ppm;12\r\n\r\nb.ppm;7", "t.csv", ';');
  ASSERT_TRUE(table) << table.error().message;
  ASSERT_EQ(table->rows.size(), 2U);
  const auto width = table->column("width");
  ASSERT_TRUE(width);
  EXPECT_EQ(*table->number(1, *width), 7);
  EXPECT_EQ(table->rows[0][0], "a.ppm");
  EXPECT_EQ(table->place(1), "t.csv, line 4");
}

TEST(Csv, SaysWhereARowIsWrong) {
  const auto table = parse_csv("a,b\n1,2\n3\n", "t.csv", ',');
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().message, "t.csv, line 3: 1 fields where the header has 2");
  EXPECT_FALSE(parse_csv("", "t.csv", ','));
  EXPECT_FALSE(read_csv("/nowhere/t.csv", ','));
}

TEST(Csv, RefusesWhatIsNoNumber) {
  for (const char* field : {"", "x", "1x", "-1", "1.5", "99999999999"}) {
    const auto table = parse_csv(std::string("a;b\n0;") + field, "t.csv", ';');
    ASSERT_TRUE(table);
    EXPECT_FALSE(table->number(0, 1)) << field;
  }
  const auto table = parse_csv("a\nx", "t.csv", ',');
  ASSERT_TRUE(table);
  EXPECT_TRUE(contains(table->number(0, 0).error().message, "t.csv, line 2: a is \"x\""));
  EXPECT_EQ(table->column("b").error().message, "t.csv has no column b");
}

}  // namespace
}  // namespace signflip
