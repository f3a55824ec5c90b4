// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "tenonexec/classify.h"

namespace tenonexec {

void Accuracy::add(std::span<const double> scores, int32_t label) {
  ++images_;
  classes_ = scores.size();
  const size_t right = static_cast<size_t>(label);
  if (label < 0 || right >= scores.size() || std::isnan(scores[right])) return;
  size_t better = 0;
  for (size_t i = 0; i < scores.size(); ++i)
    if (scores[i] > scores[right] || (scores[i] == scores[right] && i < right)) ++better;
  if (better < 1) ++first_;
  if (better < 5) ++among_five_;
}

std::vector<std::string> Accuracy::format() const {
  const auto line = [&](int k, int64_t right) {
    const double share = images_ > 0 ? 100.0 * static_cast<double>(right) / static_cast<double>(images_) : 0;
    return fmt::format("Top-{}: {:.2f} % ({} of {})", k, share, right, images_);
  };
  std::vector<std::string> lines = {line(1, first_)};
  if (classes_ > 5) lines.push_back(line(5, among_five_));
  return lines;
}

}  // namespace tenonexec
