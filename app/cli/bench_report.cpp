// SPDX-License-Identifier: Apache-2.0
/// What benchmarks measured, for a terminal and as JSON.
#include "app/cli/bench_report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/cli/console.h"
#include "app/cli/text_table.h"
#include "app/version.h"

namespace xkv::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Names of the rows' figures in the order in which they first come.
std::vector<std::string> figureNames(const BenchTable& table) {
  std::vector<std::string> names;
  for (const BenchRow& row : table.rows) {
    for (const BenchFigure& figure : row.figures) {
      if (std::ranges::find(names, figure.name) == names.end()) names.push_back(figure.name);
    }
  }
  return names;
}

std::string figureText(const std::string& name, double value) {
  if (name.ends_with("_bytes")) return bytesText(static_cast<int64_t>(value));
  if (name.starts_with("share_")) return percentText(value);
  if (std::abs(value) >= 100) return fixed(value, 0);
  return fixed(value, std::abs(value) >= 10 ? 1 : 5);
}

std::string titleOf(const std::string& figure) {
  std::string title = figure;
  std::ranges::replace(title, '_', ' ');
  return title;
}

std::string cellOf(const BenchRow& row, const std::string& figure) {
  const auto found = std::ranges::find(row.figures, figure, &BenchFigure::name);
  return found == row.figures.end() ? "-" : figureText(figure, found->value);
}

std::string nsText(double ns) { return durationText(static_cast<int64_t>(std::llround(ns))); }

std::vector<std::string> cellsOf(const BenchTable& table, const BenchRow& row,
                                 const std::vector<std::string>& figures) {
  const auto spread = row.spread();
  std::vector<std::string> cells{row.scheme + (row.is_rival ? " (LibTorch)" : "")};
  cells.push_back(spread ? nsText(spread->median) : "-");
  cells.push_back(
      spread ? nsText(spread->lower_quartile) + " - " + nsText(spread->upper_quartile) : "-");
  cells.push_back(std::to_string(row.samples_ns.size()));
  for (const BenchReference& reference : table.references) {
    const auto speedup = table.speedup(row, reference);
    cells.push_back(speedup ? fixed(*speedup, 2) + "x" : "-");
  }
  for (const std::string& figure : figures) cells.push_back(cellOf(row, figure));
  return cells;
}

std::string headOf(const BenchTable& table) {
  std::string head = table.subject + ", measured";
  if (!table.device.empty()) head += " on " + table.device + ", " + table.dtype;
  for (const auto& [name, size] : table.sizes) head += ", " + name + " " + std::to_string(size);
  return head + "\n";
}

Json rowJson(const BenchTable& table, const BenchRow& row) {
  Json json{{"scheme", row.scheme},
            {"is_rival", row.is_rival},
            {"num_samples", row.samples_ns.size()},
            {"median_ns", nullptr},
            {"lower_quartile_ns", nullptr},
            {"upper_quartile_ns", nullptr},
            {"samples_ns", row.samples_ns},
            {"speedup_over", Json::object()}};
  if (const auto spread = row.spread()) {
    json["median_ns"] = spread->median;
    json["lower_quartile_ns"] = spread->lower_quartile;
    json["upper_quartile_ns"] = spread->upper_quartile;
  }
  for (const BenchReference& reference : table.references) {
    if (const auto speedup = table.speedup(row, reference)) {
      json["speedup_over"][reference.name] = *speedup;
    }
  }
  for (const BenchFigure& figure : row.figures) json[figure.name] = figure.value;
  return json;
}

Json tableJson(const BenchTable& table) {
  Json sizes = Json::object();
  for (const auto& [name, size] : table.sizes) sizes[name] = size;
  Json rows = Json::array();
  for (const BenchRow& row : table.rows) rows.push_back(rowJson(table, row));
  return {{"subject", table.subject}, {"complete", table.complete}, {"device", table.device},
          {"dtype", table.dtype},     {"sizes", sizes},             {"notes", table.notes},
          {"rows", rows}};
}

}  // namespace

std::string benchText(const BenchTable& table) {
  const std::vector<std::string> figures = figureNames(table);
  std::vector<std::string> titles{"scheme", "median", "quartiles", "n"};
  for (const BenchReference& reference : table.references)
    titles.push_back("over " + reference.name);
  for (const std::string& figure : figures) titles.push_back(titleOf(figure));
  TextTable text(std::move(titles));
  for (const BenchRow& row : table.rows) text.add(cellsOf(table, row, figures));
  std::string all = headOf(table) + text.text();
  for (const std::string& note : table.notes) all += "Note: " + note + "\n";
  if (!table.complete) all += "Note: it was stopped; rows have fewer samples than were asked\n";
  return terminalText(all);
}

std::string benchJson(const std::vector<BenchTable>& tables) {
  Json all = Json::array();
  for (const BenchTable& table : tables) all.push_back(tableJson(table));
  const Json json{{"program_version", kVersion}, {"tables", all}};
  return json.dump(2, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) + "\n";
}

}  // namespace xkv::cli
