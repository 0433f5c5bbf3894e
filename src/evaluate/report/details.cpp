// All figures of each subject, its confusion matrices, and what was measured with what.
#include <algorithm>
#include <map>

#include "data/dataset.h"
#include "evaluate/report/confusion.h"
#include "evaluate/report/format.h"
#include "evaluate/report/sections.h"

namespace signflip::report {
namespace {

std::optional<double> as_number(std::optional<std::uint64_t> value) {
  return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

Markup figures_table(const Subject& subject) {
  Table table;
  table.caption = "All figures: " + subject.label;
  table.columns = {{"Attack", false}, {"ε"},         {"Images"},  {"Accuracy"},
                   {"95% interval"},  {"8-bit"},     {"Success"}, {"Failed"},
                   {"Loss"},          {"Mean L0"},   {"Mean L2"}, {"Mean L∞"},
                   {"Max L∞"},        {"Gradients"}, {"Queries"}, {"Time"}};
  auto& rows = table.groups.emplace_back().rows;
  for (const Entry& entry : subject.entries) {
    const AttackResult& result = *entry.result;
    // Without an attack there is no perturbation, and older files did not measure that of "worst".
    const bool perturbed = entry.attack() || (entry.worst() && result.epsilon);
    const auto size = [&](const std::optional<double>& value) {
      return perturbed ? text(fixed(value, 4)) : Markup();
    };
    std::string epsilon = entry.epsilon ? epsilon_text(*entry.epsilon) : "";
    if (entry.epsilon && !entry.norm.empty()) epsilon = norm_text(entry.norm) + " " + epsilon;
    rows.push_back(
        {{text(entry.label), text(epsilon), text(images_text(entry.file->images, false)),
          text(percent(result.accuracy)),
          text(interval_text(result.accuracy, entry.file->images.count)),
          text(percent(result.accuracy_8bit)), text(percent(result.success_rate)),
          perturbed ? text(count_text(result.failures)) : Markup(), text(fixed(result.loss, 4)),
          perturbed ? text(short_number(result.mean_l0)) : Markup(), size(result.mean_l2),
          size(result.mean_linf), size(result.max_linf), text(count_text(result.gradients)),
          text(count_text(result.queries)), text(seconds_text(result.seconds))},
         entry.worst() ? "worst" : ""});
  }
  if (rows.empty()) return {};
  return to_markup(table) +
         element(
             "p", {{"class", "note"}},
             text("Failed: images on which the attack did not reach its goal. Mean L0, L2 and "
                  "L∞ are over the others; max L∞ is over all. The 95% interval (Wilson 1927) says "
                  "how far the accuracy may be from that on all such images, for the number "
                  "that was measured."));
}

Markup parameters_table(const Subject& subject) {
  Table table;
  table.caption = "Parameters of the attacks: " + subject.label;
  table.columns = {{"Attack", false}, {"ε"}, {"Parameters", false}, {"Seed"}, {"File", false}};
  auto& rows = table.groups.emplace_back().rows;
  for (const Entry& entry : subject.entries) {
    if (!entry.attack()) continue;
    std::string words;
    for (const auto& [name, value] : entry.result->parameters) {
      words += (words.empty() ? "" : ", ") + name + " " + value;
      if (entry.result->chose(name)) words += " (automatic)";
    }
    rows.push_back(
        {{text(entry.label), text(entry.epsilon ? epsilon_text(*entry.epsilon) : ""), text(words),
          text(count_text(as_number(entry.file->seed))), text(file_name(entry.file->source))}});
  }
  return rows.empty() ? Markup() : folded(text("Parameters of the attacks"), to_markup(table));
}

/// The matrices of a subject: the clean one and that of the lowest accuracy, the others folded.
Markup confusions(const Subject& subject) {
  const Entry *clean = nullptr, *lowest = nullptr;
  for (const Entry& entry : subject.entries) {
    if (entry.result->confusion.empty()) continue;
    if (entry.clean() && clean == nullptr) clean = &entry;
    if (entry.attack() &&
        (lowest == nullptr || entry.result->accuracy < lowest->result->accuracy)) {
      lowest = &entry;
    }
  }
  Markup shown, others;
  std::size_t more = 0;
  for (const Entry& entry : subject.entries) {
    const auto& matrix = entry.result->confusion;
    if (matrix.empty()) continue;
    const auto classes = class_names_of(*entry.file, matrix.size());
    const std::string name =
        entry.label + (entry.epsilon ? ", ε = " + epsilon_text(*entry.epsilon) : std::string());
    const std::string words = percent(entry.result->accuracy) +
                              " correct. Most often: " + confusions_in_words(matrix, classes, 3) +
                              ".";
    const bool first = &entry == clean || &entry == lowest;
    if (!first) ++more;
    (first ? shown : others) +=
        element("div", element("h5", text(name)) + element("p", {{"class", "note"}}, text(words)) +
                           draw_confusion(matrix, classes, subject.label + ": " + name));
  }
  if (shown.empty() && others.empty()) return {};
  const auto grid = [](const Markup& matrices) {
    return element("div", {{"class", "matrices"}}, matrices);
  };
  Markup section = element("h4", text("Which class was taken for which")) + grid(shown);
  if (more > 0) {
    section += folded(text(more == 1 ? "One more matrix"
                                     : count_text(static_cast<double>(more)) + " more matrices"),
                      grid(others));
  }
  return section;
}

void add_model(Table& table, const ModelReference& model, const std::string& role) {
  table.groups.front().rows.push_back(
      {{text(file_name(model.file)), text(role), text(count_text(model.parameters)),
        element("code", {{"title", model.sha256}}, text(model.sha256.substr(0, 16)))}});
}

Markup models_table(const ReportInput& input) {
  Table table;
  table.caption = "Models";
  table.columns = {
      {"File", false}, {"Role", false}, {"Parameters"}, {"SHA-256, first 16 digits", false}};
  table.groups.emplace_back();
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> roles;
  std::vector<const ModelReference*> order;
  const auto add = [&](const ModelReference& model, const std::string& role) {
    auto& known = roles[{model.file, model.sha256}];
    if (known.empty()) order.push_back(&model);
    if (std::ranges::find(known, role) == known.end()) known.push_back(role);
  };
  for (const Measurement& file : input.measurements) {
    add(file.model, file.results.empty() ? "certified" : "attacked");
    if (file.denoiser) add(*file.denoiser, "denoiser in front");
    if (file.from) add(*file.from, "images crafted on it");
  }
  for (const ModelReference* model : order) {
    std::string words;
    for (const std::string& role : roles[{model->file, model->sha256}]) {
      words += (words.empty() ? "" : ", ") + role;
    }
    add_model(table, *model, words);
  }
  return order.empty() ? Markup() : to_markup(table);
}

Markup files_table(const ReportInput& input) {
  Table table;
  table.caption = "Files that this report was made from";
  table.columns = {{"File", false}, {"Holds", false}, {"Dataset", false},
                   {"Images"},      {"Seed"},         {"signflip", false}};
  auto& rows = table.groups.emplace_back().rows;
  const auto some = [](std::size_t count, const std::string& what) {
    return count_text(static_cast<double>(count)) + " " + what + (count == 1 ? "" : "s");
  };
  for (const Measurement& file : input.measurements) {
    std::string holds = model_label(file.model, input);
    if (file.denoiser) holds += " behind " + model_label(*file.denoiser, input);
    if (!file.transform.empty()) holds += " behind " + file.transform;
    if (file.gray_box) holds += ", gray-box";
    if (file.targeted) holds += ", targeted";
    if (file.from) holds += ", crafted on " + model_label(*file.from, input);
    if (!file.results.empty()) holds += ": " + some(file.results.size(), "result");
    if (!file.certificates.empty()) holds += ": " + some(file.certificates.size(), "certificate");
    rows.push_back({{text(file.source), text(holds),
                     text(file.dataset + (file.split.empty() ? "" : ", " + file.split)),
                     text(images_text(file.images, false)), text(count_text(as_number(file.seed))),
                     text(file.version)}});
  }
  for (const TrainingRun& run : input.runs) {
    rows.push_back({{text(run.source),
                     text("training, " + std::string(run.configured("method")) + ": " +
                          some(run.epochs.size(), "epoch")),
                     text(run.configured("dataset")), text(run.configured("images")),
                     text(run.configured("seed")), text(run.version)}});
  }
  return folded(text("Files that this report was made from"), to_markup(table));
}

}  // namespace

std::string dataset_title(const DatasetGroup& group) {
  if (group.split == "test") return group.name + ", test set";
  if (group.split == "train") return group.name + ", training set";
  return group.name + (group.split.empty() ? "" : ", " + group.split);
}

Markup details_section(const DatasetGroup& group) {
  Markup all;
  for (const Subject& subject : group.subjects) {
    const Markup figures = figures_table(subject);
    if (figures.empty()) continue;
    all += element("h3", text(subject.label)) + figures + parameters_table(subject) +
           confusions(subject);
  }
  return all;
}

Markup measured_section(const ReportInput& input, const std::vector<DatasetGroup>& groups) {
  std::string datasets;
  for (const DatasetGroup& group : groups) {
    datasets += (datasets.empty() ? "" : "; ") + dataset_title(group);
  }
  Markup section = element("h2", text("What was measured"));
  if (!datasets.empty()) section += element("p", text("Datasets: " + datasets + "."));
  return element("section", section + models_table(input) + files_table(input));
}

}  // namespace signflip::report
