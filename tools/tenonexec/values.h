// SPDX-License-Identifier: Apache-2.0
// Contents of tensors: random filling, reading as numbers, printing, comparing.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/types.h"

namespace tenonexec {

/// Elements; 0 if any extent is 0, 1 for a scalar. Throws Failure naming `name` for an unknown extent (−1).
int64_t count_elements(std::string_view name, const tenon::Dims& dims);

/// bool 0 or 1, signed integers −128 … 127, unsigned ones 0 … 255, floats in [−1, 1].
void fill_random(std::span<std::byte> bytes, tenon::DataType type, std::mt19937& random);

double value_at(const std::byte* data, tenon::DataType type, int64_t index);
std::vector<double> values_of(std::span<const std::byte> bytes, tenon::DataType type);

/// One of l0 (share of elements outside atol + rtol·|reference|), l1 (mean absolute error), l2 (mean squared error),
/// lInf (largest absolute error), cos (1 − cosine). A NaN on one side only makes it infinite; equal NaNs are equal.
double difference(std::string_view algorithm, std::span<const double> actual, std::span<const double> reference,
                  double atol, double rtol);

struct NamedValues {
  std::string name;
  tenon::Dims dims;
  tenon::DataType type = tenon::DataType::kFLOAT;
  std::span<const std::byte> bytes;
  std::shared_ptr<const std::vector<std::byte>> owned = {};  ///< of `bytes`, where they are no tensor's own
};
/// --dumpOutput: the name and dimensions, then rows of values.
std::vector<std::string> format_values(const NamedValues& tensor);
/// --exportOutput.
std::string values_to_json(std::span<const NamedValues> tensors);
/// --dumpRawBindingsToFile: "<name>.<input or output>.<d0.d1…>.<type>.raw", with '/' and the like made '_'.
std::string raw_file_name(std::string_view name, bool is_input, const tenon::Dims& dims, tenon::DataType type);

}  // namespace tenonexec
