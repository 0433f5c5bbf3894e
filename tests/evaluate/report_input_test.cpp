// What is read from results and logs, and the sentence for each way in which they can be wrong.
#include "evaluate/report/input.h"

#include "support/reports.h"

namespace signflip::report {
namespace {

using test::clean;
using test::result;
using test::results;

constexpr const char* kRun =
    "{\"signflip\": \"0.1.0\", \"method\": \"fast\", \"epochs\": 3, \"augmentation\": {\"shift\": "
    "0.1}, \"init\": null}\n"
    "{\"epoch\": 1, \"loss\": 0.5, \"train_accuracy\": 0.75, \"validation_accuracy\": null, "
    "\"learning_rate\": 0.002, \"seconds\": 3, \"undone\": false}\n\n"
    "{\"epoch\": 2, \"loss\": 0.25, \"undone\": true}\n";

TEST(ReportInput, ReadsResults) {
  const ReportInput input = test::read({results(
      clean(0.99) + ", " +
          result("pgd", 0.3, 0.5,
                 ", \"steps\": 40, \"random-start\": true, \"loss\": null, \"queries\": 4000, "
                 "\"confusion\": [[3, 1], [0, 4]]"),
      "\"denoiser\": {\"file\": \"d.safetensors\"}, \"gray_box\": true, \"seed\": 7, ")});
  ASSERT_EQ(input.measurements.size(), 1U);
  const Measurement& file = input.measurements[0];
  EXPECT_EQ(file.source, "file0.json");
  EXPECT_EQ(file.model.parameters, 116362.0);
  EXPECT_EQ(file.denoiser->file, "d.safetensors");
  EXPECT_FALSE(file.from);
  EXPECT_TRUE(file.gray_box);
  EXPECT_EQ(file.images.count, 1000U);
  EXPECT_EQ(file.seed, 7U);
  ASSERT_EQ(file.results.size(), 2U);
  const AttackResult& pgd = file.results[1];
  EXPECT_EQ(pgd.epsilon, 0.3);
  EXPECT_EQ(pgd.queries, 4000.0);
  EXPECT_FALSE(pgd.loss);
  EXPECT_EQ(pgd.parameters, (TextPairs{{"steps", "40"}, {"random-start", "true"}}));
  EXPECT_EQ(pgd.confusion, (std::vector<std::vector<std::uint64_t>>{{3, 1}, {0, 4}}));
}

TEST(ReportInput, ReadsAListWithAnEntryForEachModel) {
  const std::string first = results(clean(0.99)), second = results(clean(0.5), "", "other");
  const ReportInput input = test::read({"[" + first + ", " + second + "]"});
  ASSERT_EQ(input.measurements.size(), 2U);
  EXPECT_EQ(input.measurements[1].model.file, "other.safetensors");
  EXPECT_EQ(input.measurements[1].results[0].accuracy, 0.5);
  EXPECT_EQ(input.measurements[1].source, "file0.json");
}

TEST(ReportInput, ReadsCertificates) {
  const ReportInput input = test::read({results(
      "{\"method\": \"ibp\", \"norm\": \"linf\", \"epsilon\": 0.1, \"count\": 1000, \"accuracy\": "
      "0.98, \"verified_accuracy\": 0.9, \"mean_radius\": 0.2, \"seconds\": 1}")});
  ASSERT_EQ(input.measurements[0].certificates.size(), 1U);
  EXPECT_EQ(input.measurements[0].certificates[0].verified_accuracy, 0.9);
  EXPECT_TRUE(input.measurements[0].results.empty());
}

TEST(ReportInput, ACertificateIsReadWhole) {
  const ReportInput input = test::read({results(
      R"({"method": "ibp", "norm": "linf", "epsilon": 0.1, "accuracy": 0.98,
          "verified_accuracy": 0.75, "mean_radius": 0.125, "median_radius": 0.0625})")});
  ASSERT_EQ(input.measurements[0].certificates.size(), 1U);
  const Certificate& certificate = input.measurements[0].certificates[0];
  EXPECT_EQ(certificate.method, "ibp");
  EXPECT_EQ(certificate.norm, "linf");
  EXPECT_EQ(certificate.epsilon, 0.1);
  EXPECT_EQ(certificate.accuracy, 0.98);
  EXPECT_EQ(certificate.verified_accuracy, 0.75);
  EXPECT_EQ(certificate.mean_radius, 0.125);
  EXPECT_EQ(certificate.median_radius, 0.0625);
}

TEST(ReportInput, ReadsLogs) {
  const ReportInput input = test::read({kRun, "{\"method\": \"ibp\", \"epochs\": 9}"});
  ASSERT_EQ(input.runs.size(), 2U);
  EXPECT_EQ(input.runs[0].configured("augmentation.shift"), "0.1");
  EXPECT_EQ(input.runs[0].configured("init"), "");
  ASSERT_EQ(input.runs[0].epochs.size(), 2U);
  EXPECT_EQ(input.runs[0].epochs[0].loss, 0.5);
  EXPECT_FALSE(input.runs[0].epochs[0].validation_accuracy);
  EXPECT_TRUE(input.runs[0].epochs[1].undone);
  EXPECT_TRUE(input.runs[1].epochs.empty()) << "a run whose first epoch is still to come";
}

TEST(ReportInput, SaysWhatIsWrong) {
  const struct {
    std::string text, sentence;
  } cases[] = {
      {"", "f is empty, expected the results"},
      {"{\"a\"", "f is not JSON, expected the results"},
      {"[1, 2]", "f holds [1,2], expected the results"},
      {"{\"layers\": [], \"a\\u001bb\": 1}", "f has the members layers, a?b, expected"},
      {std::string(100000, '['), "f is not JSON"},
      {results("3"), "f: results[0] is 3, expected an object"},
      {results("{}"), "f: results[0].attack is missing, expected a text"},
      {results(result("fgsm", 0.1, 1.5)),
       "f: results[0].accuracy is 1.5, expected a number from 0 to 1"},
      {results(result("fgsm", 0.1, 0.5, ", \"loss\": \"high\"")),
       "f: results[0].loss is \"high\", expected a finite number"},
      {results(result("fgsm", 0.1, 0.5, ", \"seconds\": 1e999")),
       "f: results[0].seconds is 1e999, expected a number that is not negative"},
      {results(result("fgsm", 0.1, 0.5, ", \"confusion\": [[1, 2], [3]]")),
       "f: results[0].confusion[1] has 1 entries, expected 2"},
      {results(result("fgsm", 0.1, 0.5, ", \"confusion\": [[-1]]")), "f: results[0].confusion is"},
      {results(result("fgsm", 0.1, 0.5, ", \"confusion\": {}")), "f: results[0].confusion is {}"},
      {results(clean(1), "\"from\": 4, "), "f: from is 4, expected an object"},
      {results(clean(1), "\"gray_box\": 1, "), "f: gray_box is 1, expected true or false"},
      {"[" + results(clean(1)) + ", 3]", "f entry 2 is 3, expected an object"},
      {"[" + results(clean(1)) + ", " + results(clean(2)) + "]",
       "f entry 2: results[0].accuracy is 2, expected a number from 0 to 1"},
      {"{\"results\": []}", "f: model is missing, expected an object"},
      {"{\"results\": 1, \"model\": {\"file\": \"m\"}, \"dataset\": {\"name\": \"d\"}}",
       "f: results is 1, expected an array"},
      {std::string(kRun) + "{\"epoch\": 2}",
       "f line 5: epoch is 2, expected more than in the line"},
      {std::string(kRun) + "{\"epoch\"", "f line 5 is not JSON"},
      {std::string(kRun) + "[]", "f line 5 is [], expected an object"},
  };
  for (const auto& [text, sentence] : cases) {
    ReportInput input;
    const Status status = read_input(text, "f", input);
    ASSERT_FALSE(status) << text.substr(0, 200);
    EXPECT_EQ(status.error().message.substr(0, sentence.size()), sentence);
    EXPECT_TRUE(input.measurements.empty() && input.runs.empty());
  }
}

}  // namespace
}  // namespace signflip::report
