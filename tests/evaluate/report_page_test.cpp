// The page: that what was measured stands in it, and that nothing from a file gets out of its
// place.
#include "evaluate/report/confusion.h"
#include "evaluate/report/format.h"
#include "evaluate/report/markup.h"
#include "evaluate/report/plot.h"
#include "evaluate/report/report.h"
#include "support/reports.h"

namespace signflip::report {
namespace {

using test::clean;
using test::result;
using test::results;

std::string page(const std::vector<std::string>& files) { return render(test::read(files), "9.9"); }

std::size_t occurrences(const std::string& text, const std::string& of) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(of, at)) != std::string::npos; at += of.size()) ++count;
  return count;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ReportPage, ShowsTheFigures) {
  const std::string pgd = result("pgd", 8.0 / 255.0, 0.2113,
                                 ", \"steps\": 40, \"accuracy_8bit\": 0.2217, \"mean_l2\": 1.25, "
                                 "\"queries\": 40000, \"seconds\": 75, \"success_rate\": 0.7887");
  const std::vector<std::string> files = {
      results(clean(0.9955) + ", " + pgd,
              "\"from\": {\"file\": \"x/other.safetensors\"}, \"transform\": \"bits:3\", ")};
  const std::string html = page(files);
  for (const char* part :
       {"99.55%", "21.13%", "22.17%", "78.87%", "1.2500", "40,000", "1 min 15 s", "L∞, ε = 8/255",
        "PGD, 40 steps, crafted on other", "net behind bits:3", "116,362", "1,000 images", "9.9"}) {
    EXPECT_TRUE(has(html, part)) << part;
  }
  EXPECT_EQ(html, page(files)) << "the same input gives the same bytes";
}

TEST(ReportPage, MarksBestAndWorstCaseOnlyWhereTheyDiffer) {
  const std::string differ =
      page({results(result("fgsm", 0.1, 0.8) + ", " + result("pgd", 0.1, 0.3))});
  EXPECT_EQ(occurrences(differ, "▼ worst case"), 1U);
  EXPECT_EQ(occurrences(differ, "▲ best case"), 1U);
  EXPECT_LT(differ.find("▲ best case"), differ.find("▼ worst case"));
  const std::string alone =
      page({results(result("fgsm", 0.1, 0.8) + ", " + result("pgd", 0.2, 0.3))});
  EXPECT_FALSE(has(alone, "▼ worst case"));
}

TEST(ReportPage, EscapesEverythingFromFiles) {
  const std::string evil = "<script>alert('1')</script>&\\\"\\u0000";
  const std::string html =
      page({results(result(evil, 0.1, 0.5, ", \"" + evil + "\": \"" + evil + "\"") + ", " +
                        result(evil, 0.2, 0.5),
                    "\"transform\": \"" + evil + "\", \"denoiser\": {\"file\": \"" + evil +
                        "\", \"sha256\": \"" + evil + "\"}, ",
                    evil),
            "{\"method\": \"" + evil + "\", \"epochs\": \"" + evil + "\", \"" + evil + "\": \"" +
                evil + "\"}\n{\"epoch\": 1, \"loss\": 1}"});
  EXPECT_FALSE(has(html, "<script"));
  EXPECT_FALSE(has(html, "alert('"));
  EXPECT_TRUE(has(html, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;\\x00"));
  EXPECT_EQ(html.find('\0'), std::string::npos);
}

TEST(ReportPage, WritesOutWhatCannotBeSeen) {
  EXPECT_EQ(text("aé∞😀<").html(), "aé∞😀&lt;");
  EXPECT_EQ(text("a\xFF\xC0\xAF").html(), "a\\xFF\\xC0\\xAF");
  EXPECT_EQ(text("\x1B[2J\xC2\x9B").html(), "\\x1B[2J\\x9B");
  EXPECT_EQ(text("a\u202Eb\nc").html(), "a\\u{202E}b\nc");
}

TEST(ReportPage, SeveralEpsilonsGiveACurve) {
  const std::string one = page({results(clean(1) + ", " + result("pgd", 0.1, 0.8))});
  EXPECT_FALSE(has(one, "accuracy against ε"));
  const std::string two = page({results(clean(1) + ", " + result("pgd", 0.1, 0.8)),
                                results(clean(1) + ", " + result("pgd", 0.2, 0.4))});
  EXPECT_TRUE(has(two, "net: accuracy against ε (L∞), 1,000 images"));
  EXPECT_TRUE(has(two, "<title>PGD, ε 0: 100.00%</title>"));
  EXPECT_TRUE(has(two, "<title>PGD, ε 0.1: 80.00%</title>"));
  EXPECT_TRUE(has(two, "<title>PGD, ε 0.2: 40.00%</title>"));
}

TEST(ReportPage, RepeatedResultsAppearOnce) {
  const std::string html = page({results(clean(0.9) + ", " + result("pgd", 0.1, 0.8)),
                                 results(clean(0.9) + ", " + result("pgd", 0.1, 0.7))});
  EXPECT_EQ(occurrences(html, ">None (clean)</th>"), 2U) << "once in each of two tables";
  EXPECT_TRUE(has(html, "PGD (file1.json)")) << "another figure is another row";
}

TEST(ReportPage, VerifiedStandsBesideEmpirical) {
  const std::string proof =
      "{\"method\": \"ibp\", \"norm\": \"linf\", \"epsilon\": 0.1, \"verified_accuracy\": 0.4321}";
  const std::string html = page({results(result("pgd", 0.1, 0.8765)), results(proof)});
  const std::size_t section = html.find("<h3>Verified accuracy</h3>");
  ASSERT_NE(section, std::string::npos);
  EXPECT_NE(html.find("43.21%", section), std::string::npos);
  EXPECT_NE(html.find("87.65%", section), std::string::npos);
}

TEST(ReportPage, ConfusionsInNumbersHeatAndWords) {
  const std::string small =
      page({results(clean(0.5, ", \"confusion\": [[3, 9, 0], [0, 4, 0], [1, 0, 5]]"))});
  EXPECT_TRUE(has(small, "“0” taken for “1” 9 times (of 12); “2” taken for “0” 1 time (of 6)."));
  EXPECT_LT(small.find(">Predicted<"), small.find(">Label<"));
  EXPECT_TRUE(has(small, "<td class=\"miss\" style=\"--share:0.413\">9</td>"));
  EXPECT_FALSE(has(small, "<rect"));

  ConfusionMatrix matrix(13, std::vector<std::uint64_t>(13));
  std::vector<std::string> names;
  for (std::size_t k = 0; k < 13; ++k) names.push_back("c" + std::to_string(k));
  matrix[2][2] = 30;
  matrix[2][7] = 10;
  const std::string large = draw_confusion(matrix, names, "t").html();
  EXPECT_TRUE(has(large, "<title>Label c2, predicted c7: 10 of 40</title>"));
  EXPECT_TRUE(has(large, "fill-opacity=\"0.50\""));
  EXPECT_EQ(occurrences(large, "<rect"), 3U) << "the frame and two fields";
  EXPECT_TRUE(top_confusions(matrix, 0).empty());
  EXPECT_EQ(confusions_in_words({{1}}, {"a"}, 3), "no image was confused");
}

TEST(ReportPage, EveryClassIsNumberedBesideAMatrixOfTwenty) {
  const auto numbered = [](std::size_t classes) {
    const ConfusionMatrix matrix(classes, std::vector<std::uint64_t>(classes, 1));
    const std::string svg =
        draw_confusion(matrix, std::vector<std::string>(classes, "c"), "t").html();
    return occurrences(svg, "class=\"y\"");
  };
  EXPECT_EQ(numbered(20), 20U);
  EXPECT_EQ(numbered(21), 5U);
  EXPECT_EQ(numbered(60), 12U);
  EXPECT_EQ(numbered(61), 4U);
}

TEST(ReportPage, EachModelsClassesStandBelowItsName) {
  const std::string confusion = ", \"confusion\": [[3, 1], [0, 4]]";
  const std::string html = page(
      {results(clean(0.9, confusion), "", "first"), results(clean(0.8, confusion), "", "second")});
  EXPECT_EQ(occurrences(html, "<h4>first</h4>"), 1U);
  EXPECT_EQ(occurrences(html, "<h4>second</h4>"), 1U);
}

TEST(ReportPage, PublishedFiguresStandBesideOursOfTheirNormAndEpsilon) {
  const auto proof = [](const std::string& norm, double epsilon, double accuracy) {
    return "{\"method\": \"ibp\", \"norm\": \"" + norm +
           "\", \"epsilon\": " + number_text(epsilon) +
           ", \"verified_accuracy\": " + number_text(accuracy) + "}";
  };
  const std::string html =
      page({results(proof("linf", 0.3, 0.1111) + ", " + proof("linf", 0.2, 0.2222) + ", " +
                    proof("l2", 0.3, 0.3333))});
  const std::size_t section = html.find("91.95%");
  ASSERT_NE(section, std::string::npos) << "Gowal et al. at 0.3";
  const std::size_t begin = html.rfind("<table", section);
  const std::string table = html.substr(begin, html.find("</table>", section) - begin);
  EXPECT_TRUE(has(table, "11.11%"));
  EXPECT_FALSE(has(table, "22.22%"));
  EXPECT_FALSE(has(table, "33.33%"));
}

TEST(ReportPage, ABudgetThatAllAttacksShareIsSaidBesideTheCleanAccuracy) {
  const std::string html =
      page({results(clean(0.99) + ", " + result("fgsm", 0.1, 0.8) + ", " + result("pgd", 0.1, 0.7) +
                    ", " + result("worst", 0.1, 0.6))});
  EXPECT_TRUE(has(html, "L∞, ε = 0.1"));
  EXPECT_EQ(occurrences(html, "▼ worst case"), 1U);
}

TEST(ReportPage, AWorstCaseOfOlderFilesHasTheBudgetThatItsAttacksShare) {
  const auto with_worst = [](double second) {
    return page(
        {results(clean(0.99) + ", " + result("fgsm", 0.1, 0.8) + ", " + result("pgd", second, 0.7) +
                 R"(, {"attack": "worst", "accuracy": 0.6123})")});
  };
  EXPECT_FALSE(has(with_worst(0.1), "Several budgets together"));
  EXPECT_TRUE(has(with_worst(0.1), "61.23%"));
  EXPECT_TRUE(has(with_worst(0.2), "Several budgets together"));
}

TEST(ReportPage, EpochsHaveWholeNumbers) {
  Plot plot;
  plot.epochs = true;
  plot.series = {{"a", 0, {{1, 5}, {2, 6}}}};
  const std::string svg = line_plot(plot).html();
  EXPECT_TRUE(has(svg, ">1</text>"));
  EXPECT_TRUE(has(svg, ">2</text>"));
  EXPECT_FALSE(has(svg, ">1.2</text>"));
  EXPECT_FALSE(has(svg, ">1.5</text>"));
}

TEST(ReportPage, PowersOfTenMarkALogarithmicAxis) {
  const auto ticks = [](double low, double high) {
    Plot plot;
    plot.decades = true;
    plot.series = {{"a", 0, {{low, 5}, {high, 6}}}};
    const std::string svg = line_plot(plot).html();
    EXPECT_FALSE(has(svg, "nan")) << svg;
    EXPECT_FALSE(has(svg, "inf")) << svg;
    return svg;
  };
  const std::string svg = ticks(0.01, 100);
  for (const char* label : {">0.01</text>", ">0.1</text>", ">1</text>", ">10</text>", ">100<"}) {
    EXPECT_TRUE(has(svg, label)) << label;
  }
  const std::string inside = ticks(0.02, 50);
  EXPECT_FALSE(has(inside, ">0.01</text>"));
  EXPECT_FALSE(has(inside, ">100</text>"));
  EXPECT_TRUE(has(inside, ">0.1</text>"));
  ticks(0.1, 0.1);
}

TEST(ReportPage, TrainingRunsGiveCurvesAndMarkUndoneEpochs) {
  const std::string html = page(
      {"{\"method\": \"fast\", \"epochs\": 2, \"augmentation\": {\"shift\": 0.125}}\n"
       "{\"epoch\": 1, \"loss\": 0.5, \"train_accuracy\": 0.7531, \"validation_robust_accuracy\": "
       "0.4142, \"learning_rate\": 0.002, \"seconds\": 3}\n"
       "{\"epoch\": 2, \"loss\": null, \"train_accuracy\": 0.81, \"undone\": true}"});
  for (const char* part :
       {"75.31%", "41.42%", "<td class=\"words\">undone</td>", "augmentation.shift", "0.125",
        "Epoch 2 was undone", "Epoch 2: undone: back to the weights before",
        "<title>Robust validation, Epoch 1: 41.42%</title>", "Signflip report"}) {
    EXPECT_TRUE(has(html, part)) << part;
  }
  EXPECT_FALSE(has(html, "<title>Validation, "));
}

TEST(ReportPage, ATrainingRunIsSummedUp) {
  const std::string epoch = "\n{\"epoch\": 1, \"loss\": 0.5, \"seconds\": 75}";
  EXPECT_TRUE(has(page({R"({"method": "pgd", "dataset": "bars", "epochs": 9})" + epoch}),
                  "Method pgd on bars, 1 of 9 epochs in 1 min 15 s"));
  EXPECT_TRUE(
      has(page({R"({"method": "pgd", "epochs": 9})" + epoch}), "Method pgd, 1 of 9 epochs"));
}

TEST(ReportPage, TheWorstNamesTheAttacksThatItIsOf) {
  const auto worst_of = [](const std::vector<std::string>& attacks) {
    std::string rows = clean(1);
    for (const std::string& name : attacks) rows += ", " + result(name, 0.1, 0.5);
    return page({results(rows + ", {\"attack\": \"worst\", \"accuracy\": 0.3}")});
  };
  EXPECT_TRUE(has(worst_of({"fgsm", "pgd", "square"}), "Worst of FGSM, PGD, Square"));
  EXPECT_TRUE(
      has(worst_of({"fgsm", "bim", "mim", "pgd", "apgd-ce", "square"}), "Worst of 6 attacks"));
  EXPECT_FALSE(has(worst_of({"fgsm", "pgd"}), "Worst of clean"));
  // A sweep has each attack several times.
  EXPECT_TRUE(has(worst_of({"fgsm", "pgd", "fgsm", "pgd", "fgsm", "pgd"}), "Worst of FGSM, PGD<"));
}

TEST(ReportPage, AttacksWithoutABudgetSayHowFarTheyWentAndWhatTheyLeft) {
  const std::string row =
      R"({"attack": "deepfool", "norm": "l2", "accuracy": 0.012, "mean_l2": 1.25)";
  const std::string html = page({results(clean(1) + ", " + row + R"(, "failures": 12})")});
  EXPECT_TRUE(has(html, "mean L2 1.25, 12 failed")) << html.substr(0, html.find("</table>"));
  EXPECT_FALSE(has(page({results(clean(1) + ", " + row + R"(, "failures": 0})")}), " failed"));
}

TEST(ReportPage, SaysWhereEachThingStandsAndWhatEachFileHolds) {
  const std::string html =
      page({results(clean(1) + ", " + result("fgsm", 0.1, 0.5)),
            results(result("fgsm", 0.1, 0.75), "\"from\": {\"file\": \"x/other.safetensors\"}, ")});
  for (const char* part :
       {"<a href=\"#measured\">What was measured</a>", "Robust accuracy: mnist, test set",
        "net: 2 results", "net, crafted on other: 1 result"}) {
    EXPECT_TRUE(has(html, part)) << part;
  }
  EXPECT_FALSE(has(html, "1 results"));
}

TEST(ReportPage, ParametersAtTheirDefaultsAreNotSaid) {
  const auto with = [](const std::string& more) {
    return page({results(clean(1) + ", " + result("mim", 0.1, 0.5, more))});
  };
  EXPECT_TRUE(has(with(", \"steps\": 10, \"decay\": 0.5"), "decay 0.5"));
  EXPECT_FALSE(has(with(", \"steps\": 10, \"decay\": 1"), "MIM, 10 steps, decay 1"));
}

TEST(ReportPage, ClassesThatHaveNoImagesHaveNoAccuracy) {
  const std::string html = page(
      {results(clean(0.75, ", \"confusion\": [[3, 1, 0], [0, 0, 0], [1, 0, 3]]") + ", " +
               result("fgsm", 0.1, 0.5, ", \"confusion\": [[2, 2, 0], [0, 0, 0], [2, 0, 2]]"))});
  EXPECT_TRUE(has(html, "75.00%"));
  EXPECT_TRUE(has(html, "50.00%"));
  EXPECT_FALSE(has(html, "nan"));
}

TEST(ReportPage, AModelBehindATransformIsCalledThatAmongTheFiles) {
  EXPECT_TRUE(
      has(page({results(clean(1), "\"transform\": \"bits:3\", ")}), "net behind bits:3: 1 result"));
}

TEST(ReportPage, NeedsNothingElse) {
  const std::string html = page({results(clean(1))});
  for (const char* part : {"http:", "https:", "<script", "src=", "@import", "url("}) {
    EXPECT_FALSE(has(html, part)) << part;
  }
  EXPECT_TRUE(has(html, "default-src &#39;none&#39;"));
}

TEST(ReportPage, TicksAreRoundAndCoverTheRange) {
  EXPECT_EQ(round_ticks(0.0, 1.0, 5),
            (std::vector<double>{0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0}));
  EXPECT_EQ(round_ticks(3.0, 9.0, 6), (std::vector<double>{3, 4, 5, 6, 7, 8, 9}));
  EXPECT_TRUE(round_ticks(1.0, 1.0, 5).empty());
  EXPECT_LE(round_ticks(-1e100, 1e100, 5).size(), 12U);
}

TEST(ReportPage, PlotsOfOneValueOrHugeOnesStayInTheirFrame) {
  for (const auto& points : {std::vector<Point>{{1, 5}},
                             {{1, 0}, {2, 0}},
                             {{1, -1e100}, {2, 1e100}},
                             {{1, 1e-300}, {2, 1e100}},
                             {{1, 1e15}, {2, 1e15 + 1}}}) {
    Plot plot;
    plot.title = "t";
    plot.epochs = true;
    plot.series = {{"a", 0, points}};
    const std::string svg = line_plot(plot).html();
    EXPECT_FALSE(has(svg, "nan")) << svg;
    EXPECT_FALSE(has(svg, "inf")) << svg;
    EXPECT_TRUE(has(svg, "<circle"));
  }
}

TEST(ReportPage, NumbersAsPeopleWriteThem) {
  EXPECT_EQ(count_text(116362), "116,362");
  EXPECT_EQ(count_text(-1234567), "-1,234,567");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text({}), "");
  EXPECT_EQ(epsilon_text(0.2), "0.2");
  EXPECT_EQ(epsilon_text(2.0 / 255.0), "2/255");
  EXPECT_EQ(epsilon_text(1.5), "1.5");
  EXPECT_EQ(seconds_text(7260), "2 h 01 min");
  EXPECT_EQ(percent(1.0 / 3.0), "33.33%");
  EXPECT_EQ(model_name("a/b/net.safetensors"), "net");
}

}  // namespace
}  // namespace signflip::report
