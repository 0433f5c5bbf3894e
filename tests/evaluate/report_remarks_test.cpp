// Remarks appear where the figures give reason, and not where they do not.
#include "evaluate/report/remarks.h"

#include "support/reports.h"

namespace signflip::report {
namespace {

using test::clean;
using test::result;
using test::results;

const std::string kSteps = ", \"steps\": 40";

/// The remark whose title begins so, if there is one.
std::optional<Remark> find(const std::vector<std::string>& files, const std::string& title) {
  const ReportInput input = test::read(files);
  for (const Remark& remark : remarks(input, group_by_subject(input))) {
    if (remark.title.starts_with(title)) return remark;
  }
  return {};
}

TEST(ReportRemarks, ABlackBoxAttackThatBeatsTheGradientIsASignOfMasking) {
  const auto files = [](double pgd, double square, double square_epsilon = 0.3) {
    return std::vector{
        results(result("pgd", 0.3, pgd, kSteps) + ", " + result("square", square_epsilon, square))};
  };
  const auto remark = find(files(0.5, 0.2), "Sign of gradient masking: net");
  ASSERT_TRUE(remark);
  EXPECT_TRUE(remark->warning);
  ASSERT_EQ(remark->findings.size(), 1U);
  EXPECT_EQ(remark->findings[0],
            "L∞ ε = 0.3, 1,000 images: Square leaves 20.00%, PGD, 40 steps on the model itself "
            "50.00%.");
  EXPECT_FALSE(find(files(0.2, 0.5), "Sign of gradient masking"));
  EXPECT_FALSE(find(files(0.2, 0.2), "Sign of gradient masking"));
  EXPECT_FALSE(find(files(0.5, 0.2, 0.4), "Sign of gradient masking")) << "another ε";
}

TEST(ReportRemarks, SmallDifferencesAreFaintSigns) {
  const auto remark =
      find({results(result("pgd", 0.3, 0.50, kSteps) + ", " + result("square", 0.3, 0.49))},
           "Faint sign of gradient masking");
  ASSERT_TRUE(remark);
  EXPECT_FALSE(remark->warning);
  EXPECT_NE(remark->findings[0].find("chance"), std::string::npos);
  const auto by = [](double square) {
    return find({results(result("pgd", 0.3, 0.50, kSteps) + ", " + result("square", 0.3, square))},
                "Faint sign of gradient masking");
  };
  EXPECT_TRUE(by(0.499)) << "one image of the thousand";
  EXPECT_FALSE(by(0.4997)) << "less than half an image";
}

/// 1,000 images of which the first `broken` and the last `more_broken` do not survive.
std::string survivors(std::size_t broken, std::size_t more_broken = 0) {
  return ", \"correct\": \"" + std::string(broken, '0') +
         std::string(1000 - broken - more_broken, '1') + std::string(more_broken, '0') + "\"";
}

TEST(ReportRemarks, AttacksAreComparedOnTheSameImages) {
  // 80 images fall to both, 7 to Square alone: far less than two errors of independent samples.
  const auto files = [](std::size_t alone, std::size_t other) {
    return std::vector{results(
        result("pgd", 0.3, 0.92, kSteps + survivors(80)) + ", " +
        result("square", 0.3,
               0.92 - static_cast<double>(alone) / 1000.0 + static_cast<double>(other) / 1000.0,
               survivors(80 - other, alone)))};
  };
  const auto remark = find(files(7, 0), "Sign of gradient masking");
  ASSERT_TRUE(remark);
  EXPECT_EQ(remark->kind, "gradient-masking");
  EXPECT_NE(remark->findings[0].find("7 broken by the former alone, none by the latter"),
            std::string::npos)
      << remark->findings[0];
  EXPECT_TRUE(find(files(5, 0), "Faint sign of gradient masking"));
  EXPECT_TRUE(find(files(12, 5), "Faint sign of gradient masking"))
      << "as many more, but both ways";
}

TEST(ReportRemarks, TransferIsComparedWithTheSameAttackOnTheModelItself) {
  const std::string from = "\"from\": {\"file\": \"other.safetensors\"}, ";
  const std::string own =
      results(result("fgsm", 0.3, 0.9) + ", " + result("pgd", 0.3, 0.1, kSteps));
  EXPECT_TRUE(find({own, results(result("fgsm", 0.3, 0.6), from)}, "Sign of gradient masking"));
  EXPECT_FALSE(find({own, results(result("fgsm", 0.3, 0.95), from)}, "Sign of gradient masking"));
  EXPECT_FALSE(find({own, results(result("pgd", 0.3, 0.6, kSteps), from)}, "Sign of gradient"));
  EXPECT_FALSE(
      find({own, results(result("fgsm", 0.3, 0.6), from, "unrelated")}, "Sign of gradient"))
      << "another model";
}

TEST(ReportRemarks, OtherNumbersOfImagesAreNotCompared) {
  std::string fewer = results(result("square", 0.3, 0.1));
  fewer.replace(fewer.find("\"count\": 1000"), 13, "\"count\": 2000");
  EXPECT_FALSE(find({results(result("pgd", 0.3, 0.5, kSteps)), fewer}, "Sign of gradient masking"));
}

/// As many images, drawn by another seed, are other images.
TEST(ReportRemarks, OtherSamplesAreNotCompared) {
  const auto drawn = [](std::string file, int seed) {
    const std::string count = "\"count\": 1000";
    file.replace(file.find(count), count.size(),
                 count + ", \"sample_seed\": " + std::to_string(seed));
    return file;
  };
  const std::string pgd = results(result("pgd", 0.3, 0.5, kSteps));
  const std::string square = results(result("square", 0.3, 0.1));
  EXPECT_TRUE(find({drawn(pgd, 1), drawn(square, 1)}, "Sign of gradient masking"));
  EXPECT_FALSE(find({drawn(pgd, 1), drawn(square, 6)}, "Sign of gradient masking"));
  const std::string proof = results(
      "{\"method\": \"ibp\", \"norm\": \"linf\", \"epsilon\": 0.3, "
      "\"verified_accuracy\": 0.9}");
  EXPECT_TRUE(find({drawn(pgd, 1), drawn(proof, 1)}, "Contradiction"));
  EXPECT_FALSE(find({drawn(pgd, 1), drawn(proof, 6)}, "Contradiction"));
}

TEST(ReportRemarks, OnlySingleSteps) {
  EXPECT_TRUE(find({results(clean(1) + ", " + result("fgsm", 0.1, 0.5))}, "Only single-step"));
  EXPECT_TRUE(find({results(result("pgd", 0.1, 0.5, ", \"steps\": 1"))}, "Only single-step"));
  EXPECT_FALSE(find({results(result("pgd", 0.1, 0.5, ", \"steps\": 1, \"restarts\": 5"))},
                    "Only single-step"));
  EXPECT_FALSE(find({results(result("fgsm", 0.1, 0.5)), results(result("bim", 0.1, 0.4, kSteps))},
                    "Only single-step"));
  EXPECT_FALSE(find({results(clean(1))}, "Only single-step"));
  EXPECT_FALSE(find({results(result("square", 0.1, 0.5))}, "Only single-step"));
}

TEST(ReportRemarks, DefencesThatNoAttackKnewOf) {
  const std::string defended = "\"transform\": \"bits:3\", ";
  const std::string gray =
      results(result("pgd", 0.1, 0.9, kSteps), defended + "\"gray_box\": true, ");
  EXPECT_TRUE(find({gray}, "No attack that knows the model"));
  EXPECT_FALSE(find({gray, results(result("pgd", 0.1, 0.1, kSteps), defended)}, "No attack that"));
}

TEST(ReportRemarks, AccuracyThatRisesWithEpsilon) {
  EXPECT_TRUE(
      find({results(result("bim", 0.1, 0.4, kSteps) + ", " + result("bim", 0.2, 0.9, kSteps))},
           "Accuracy rises with ε"));
  EXPECT_FALSE(
      find({results(result("bim", 0.1, 0.9, kSteps) + ", " + result("bim", 0.2, 0.4, kSteps))},
           "Accuracy rises with ε"));
}

TEST(ReportRemarks, ProofsThatAnAttackContradicts) {
  const auto files = [](double verified) {
    return std::vector{results(result("pgd", 0.1, 0.5, kSteps)),
                       results("{\"method\": \"ibp\", \"norm\": \"linf\", \"epsilon\": 0.1, "
                               "\"verified_accuracy\": " +
                               std::to_string(verified) + "}")};
  };
  EXPECT_TRUE(find(files(0.6), "Contradiction"));
  EXPECT_TRUE(find(files(0.501), "Contradiction")) << "one image of the thousand";
  EXPECT_FALSE(find(files(0.5), "Contradiction"));
  EXPECT_FALSE(find(files(0.5003), "Contradiction")) << "less than half an image";
}

TEST(ReportRemarks, AnswersThatAreNoNumbers) {
  const auto remark = find({results(result("pgd", 0.1, 0.5, ", \"without_class\": 3"))},
                           "Answers that are no numbers");
  ASSERT_TRUE(remark);
  EXPECT_TRUE(remark->warning);
  EXPECT_EQ(remark->findings, (std::vector<std::string>{"PGD: 3 images."}));
  EXPECT_FALSE(find({results(result("pgd", 0.1, 0.5))}, "Answers"));
}

TEST(ReportRemarks, FiguresThatDoNotAgree) {
  const auto remark =
      find({results(result("pgd", 0.1, 0.25, survivors(500)))}, "Figures that do not");
  ASSERT_TRUE(remark);
  EXPECT_EQ(remark->findings,
            (std::vector<std::string>{"PGD: its accuracy is 0.25, but 500 of 1000 images are right "
                                      "by its field correct."}));
  EXPECT_FALSE(find({results(result("pgd", 0.1, 0.5, survivors(500)))}, "Figures"));
  EXPECT_TRUE(
      find({results(result("pgd", 0.1, 0.5, ", \"confusion\": [[3, 1], [0, 4]]"))}, "Figures"));
  EXPECT_FALSE(
      find({results(result("pgd", 0.1, 0.875, ", \"confusion\": [[3, 1], [0, 4]]"))}, "Figures"));
}

TEST(ReportRemarks, RoundingAndFewImages) {
  EXPECT_TRUE(
      find({results(result("cw", 0.1, 0.0, ", \"accuracy_8bit\": 0.4"))}, "Rounding undoes"));
  EXPECT_TRUE(
      find({results(result("cw", 0.1, 0.0, ", \"accuracy_8bit\": 0.06"))}, "Rounding undoes"));
  EXPECT_FALSE(find({results(result("cw", 0.1, 0.0, ", \"accuracy_8bit\": 0.04"))}, "Rounding"));
  std::string few = results(clean(1));
  few.replace(few.find("\"count\": 1000"), 13, "\"count\": 100");
  EXPECT_TRUE(find({few}, "Few images"));
  EXPECT_FALSE(find({results(clean(1))}, "Few images"));
}

}  // namespace
}  // namespace signflip::report
