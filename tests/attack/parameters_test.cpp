// Parameters and the catalogue: defaults, what text is understood, and one sentence for what is
// not.
#include "attack/parameters.h"

#include <gtest/gtest.h>

#include <cctype>
#include <set>

#include "attack/catalog.h"
#include "core/number.h"
#include "support/attacks.h"

namespace signflip::test {
namespace {

std::string refusal(std::string_view attack, const Settings& given) {
  const auto made = make_parameters(**require_attack(attack), given);
  return made ? "accepted" : made.error().message;
}

TEST(Parameters, DefaultsAreThePapers) {
  const auto pgd = *make_parameters(**require_attack("pgd"), {});
  EXPECT_EQ(pgd.real("epsilon"), 0.3);
  EXPECT_EQ(pgd.integer("steps"), 40);
  EXPECT_EQ(pgd.choice("norm"), "linf");
  EXPECT_TRUE(pgd.boolean("random-start"));
  EXPECT_EQ(pgd.integer("restarts"), 1);
  const auto mim = *make_parameters(**require_attack("mim"), {});
  EXPECT_EQ(mim.real("decay"), 1);
  EXPECT_EQ(mim.integer("steps"), 10);
  EXPECT_EQ(make_parameters(**require_attack("square"), {})->integer("queries"), 5000);
}

TEST(Parameters, UnderstandTextAsPeopleWriteIt) {
  const auto made = *make_parameters(
      **require_attack("pgd"),
      Settings{{"epsilon", "8/255"}, {"steps", "1e2"}, {"norm", "l2"}, {"random-start", "off"}});
  EXPECT_EQ(made.real("epsilon"), 8.0 / 255.0);
  EXPECT_EQ(made.integer("steps"), 100);
  EXPECT_EQ(made.choice("norm"), "l2");
  EXPECT_FALSE(made.boolean("random-start"));
  EXPECT_EQ(parse_number(made.text(0)), 8.0 / 255);
  EXPECT_EQ(made.text(1), "l2");
}

TEST(Parameters, RefuseInOneSentenceThatSaysWhatIsAllowed) {
  EXPECT_EQ(refusal("fgsm", {{"epsilon", "-0.1"}}),
            "attack fgsm: epsilon must be a number from 0 to 1, found '-0.1'");
  EXPECT_EQ(refusal("fgsm", {{"epsilon", "1.5"}}),
            "attack fgsm: epsilon must be a number from 0 to 1, found '1.5'");
  EXPECT_EQ(refusal("bim", {{"steps", "2.5"}}),
            "attack bim: steps must be a whole number from 1 to 10000, found '2.5'");
  EXPECT_EQ(refusal("bim", {{"steps", "0"}}),
            "attack bim: steps must be a whole number from 1 to 10000, found '0'");
  EXPECT_EQ(refusal("pgd", {{"norm", "l3"}}),
            "attack pgd: norm must be one of linf and l2, found 'l3'");
  EXPECT_EQ(refusal("pgd", {{"random-start", "maybe"}}),
            "attack pgd: random-start must be true or false, found 'maybe'");
  EXPECT_EQ(refusal("fgsm", {{"stepz", "1"}}),
            "attack fgsm: there is no parameter 'stepz'; the attack takes epsilon");
  EXPECT_EQ(refusal("mim", {{"stepz", "1"}}),
            "attack mim: there is no parameter 'stepz'; the attack takes epsilon, step-size, steps "
            "and decay");
  EXPECT_EQ(refusal("pgd", {{"epsilon", "8"}}),
            "attack pgd: epsilon must be a number from 0 to 1 in the linf norm (pixels are in "
            "[0,1]; 8 of 255 grey levels are 8/255), found '8'");
  EXPECT_EQ(refusal("pgd", {{"epsilon", "8"}, {"norm", "l2"}}), "accepted");
}

TEST(Parameters, RefuseWhatIsNotANumber) {
  for (const char* text : {"", " ", "abc", "0.3x", " 0.3", "nan", "inf", "0x1", "1/0", "1/", "/2",
                           "1e999", "--1", "0,3"}) {
    EXPECT_EQ(
        refusal("fgsm", {{"epsilon", text}}),
        "attack fgsm: epsilon must be a number from 0 to 1, found '" + std::string(text) + "'");
  }
}

TEST(Catalog, UnknownAttackListsTheKnownOnes) {
  const auto found = require_attack("pdg");
  ASSERT_FALSE(found);
  EXPECT_EQ(
      found.error().message.rfind("there is no attack 'pdg'; known are fgsm, bim, mim, pgd", 0),
      0U);
  EXPECT_EQ(find_attack(""), nullptr);
}

TEST(Catalog, EveryEntryIsCompleteAndItsDefaultsAreAllowed) {
  std::set<std::string_view> names;
  for (const AttackEntry& entry : catalog()) {
    SCOPED_TRACE(entry.name);
    EXPECT_TRUE(names.insert(entry.name).second);
    EXPECT_NE(entry.run, nullptr);
    EXPECT_TRUE(entry.targeted() || entry.untargeted());
    EXPECT_FALSE(entry.title.empty() || entry.paper.empty() || entry.summary.empty() ||
                 entry.cost.empty());
    EXPECT_TRUE(entry.norm == "linf" || entry.norm == "l2" || entry.norm == "l0");
    Parameters parameters(entry.parameters);
    for (const ParameterSpec& spec : entry.parameters) {
      SCOPED_TRACE(spec.name);
      EXPECT_TRUE(parameters.set(spec.name, spec.fallback));
      EXPECT_FALSE(spec.title.empty() || spec.help.empty());
      EXPECT_LT(spec.minimum, spec.maximum);
      EXPECT_LE(spec.slider, spec.maximum);
      EXPECT_EQ(spec.kind == ParameterKind::choice, !spec.choices.empty());
      if (!spec.choices.empty()) {
        EXPECT_EQ(spec.maximum, static_cast<double>(spec.choices.size() - 1));
      }
      for (const char c : spec.name) EXPECT_TRUE(std::islower(c) || std::isdigit(c) || c == '-');
    }
    const bool budget = entry.family == Family::fixed_budget || entry.family == Family::ensemble;
    EXPECT_EQ(budget, parameters.has("epsilon"));
  }
}

}  // namespace
}  // namespace signflip::test
