#include "evaluate/report/published.h"

#include <algorithm>
#include <cmath>

#include "evaluate/report/format.h"
#include "evaluate/report/sections.h"

namespace signflip::report {
namespace {

constexpr std::string_view kMadry = "Madry et al. 2018, table 1";
constexpr std::string_view kAutoAttack = "Croce and Hein 2020, as their code's page lists it";
constexpr std::string_view kGowal = "Gowal et al. 2019, table 1";

constexpr PublishedFigure kFigures[] = {
    {"mnist", "clean", "", 0.0, 0, 0.9905, {}, "LeNet-5", "LeCun et al. 1998"},
    {"mnist", "fgsm", "linf", 0.3, 0, 0.956, 0.988, "Madry", kMadry},
    {"mnist", "pgd", "linf", 0.3, 40, 0.932, 0.988, "Madry (one start)", kMadry},
    {"mnist", "autoattack", "linf", 0.3, 0, 0.8843, 0.9853, "Madry", kAutoAttack},
    {"mnist", "autoattack", "linf", 0.3, 0, 0.9274, 0.9948, "TRADES", kAutoAttack},
    {"mnist", "autoattack", "linf", 0.3, 0, 0.9275, 0.9834, "IBP", kAutoAttack},
    {"mnist", "verified", "linf", 0.3, 0, 0.9195, 0.9834, "IBP", kGowal},
    {"mnist", "verified", "linf", 0.1, 0, 0.9777, 0.9894, "IBP", kGowal},
    {"gtsrb", "clean", "", 0.0, 0, 0.9884, {}, "people (average)", "Stallkamp et al. 2012"},
    {"gtsrb", "clean", "", 0.0, 0, 0.9946, {}, "committee of CNNs", "Stallkamp et al. 2012"},
    {"gtsrb", "clean", "", 0.0, 0, 0.9831, {}, "multi-scale CNN", "Sermanet and LeCun 2011"}};

bool same_radius(double a, double b) { return std::fabs(a - b) < 1e-6; }

bool fits(const PublishedFigure& figure, const Entry& entry) {
  if (figure.attack == "clean") return entry.clean();
  return entry.result->attack == figure.attack && entry.crafted_on == CraftedOn::own &&
         !entry.file->targeted && entry.norm == figure.norm && entry.epsilon &&
         same_radius(*entry.epsilon, figure.epsilon) &&
         (figure.steps == 0 || entry.result->parameter("steps") == std::to_string(figure.steps));
}

std::optional<double> clean_accuracy(const Subject& subject, const ImageSet& images) {
  const Entry* const clean = subject.clean(images);
  return clean != nullptr ? std::optional(clean->result->accuracy) : std::nullopt;
}

/// Ours that a figure can be held against.
std::vector<Table::Row> own_rows(const PublishedFigure& figure, const DatasetGroup& group) {
  std::vector<Table::Row> rows;
  for (const Subject& subject : group.subjects) {
    for (const Entry& entry : subject.entries) {
      if (!fits(figure, entry)) continue;
      rows.push_back({{text(subject.label), text(percent(entry.result->accuracy)),
                       text(percent(clean_accuracy(subject, entry.file->images))),
                       text(images_text(entry.file->images, false)), text(entry.label)}});
    }
    for (const CertificateEntry& entry : subject.certificates) {
      const Certificate& proof = *entry.certificate;
      if (figure.attack != "verified" || proof.norm != figure.norm ||
          !same_radius(proof.epsilon, figure.epsilon)) {
        continue;
      }
      rows.push_back({{text(subject.label), text(percent(proof.verified_accuracy)),
                       text(percent(proof.accuracy)), text(images_text(entry.file->images, false)),
                       text("verified by " + proof.method)}});
    }
  }
  return rows;
}

std::string heading_of(const PublishedFigure& figure) {
  if (figure.attack == "clean") return "No attack";
  std::string words = figure.attack == "verified" ? "Verified" : std::string(figure.attack);
  if (figure.attack != "verified") {
    std::ranges::transform(words, words.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    if (figure.attack == "autoattack") words = "AutoAttack";
  }
  if (figure.steps > 0) words += ", " + std::to_string(figure.steps) + " steps";
  return words + ", " + norm_text(std::string(figure.norm)) +
         ", ε = " + epsilon_text(figure.epsilon);
}

}  // namespace

std::span<const PublishedFigure> published_figures() { return kFigures; }

Markup published_section(const DatasetGroup& group) {
  if (group.split != "test") return {};
  Table table;
  table.caption = "Ours and published figures: " + dataset_title(group);
  table.columns = {{"Model", false}, {"Accuracy"}, {"Clean"}, {"Images"}, {"Source", false}};
  for (const PublishedFigure& figure : kFigures) {
    if (figure.dataset != group.name) continue;
    const std::string heading = heading_of(figure);
    const bool known = std::ranges::any_of(table.groups, [&](const Table::Group& other) {
      return other.heading.html() == text(heading).html();
    });
    std::vector<Table::Row> own = own_rows(figure, group);
    if (own.empty()) continue;
    if (!known) table.groups.push_back({text(heading), std::move(own)});
    table.groups.back().rows.push_back({{text(figure.model),
                                         text(percent(figure.accuracy)),
                                         text(percent(figure.clean)),
                                         {},
                                         text(figure.source)},
                                        "published"});
  }
  if (table.groups.empty()) return {};
  return element("h3", text("Beside published figures")) +
         element("p", {{"class", "note"}},
                 text("Of other models, of other sizes, on the whole test set: what is usual, not "
                      "what must be reached. An accuracy on a part of the test set has an interval "
                      "(“All figures”).")) +
         to_markup(table);
}

}  // namespace signflip::report
