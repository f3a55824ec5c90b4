// SPDX-License-Identifier: Apache-2.0
// The small languages inside flag values. Every parser throws Failure naming the flag.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenon/types.h"

namespace tenonexec {

using Names = std::vector<std::pair<std::string, std::string>>;   ///< name:value,…
using Shapes = std::vector<std::pair<std::string, tenon::Dims>>;  ///< name:1x3x224x224,…

/// Splits at `separator` outside single quotes. An empty text has no parts.
std::vector<std::string> split(std::string_view text, char separator);

int64_t parse_integer(std::string_view flag, std::string_view text, int64_t min, int64_t max);
double parse_number(std::string_view flag, std::string_view text, double min, double max);

/// A number with an optional suffix B, K, M or G (powers of 1024); MiB without one. Bytes.
int64_t parse_size(std::string_view flag, std::string_view text);

/// "1x3x224x224"; "" and "scalar" have no dimensions.
tenon::Dims parse_dims(std::string_view flag, std::string_view text);

/// "name:1x3x224x224,'odd,name':2x4". A name may be in single quotes and may hold one '*'.
Shapes parse_shapes(std::string_view flag, std::string_view text);

/// "name:file,…". A name may be in single quotes.
Names parse_names(std::string_view flag, std::string_view text);

/// "fp16" and the like.
tenon::DataType parse_type(std::string_view flag, std::string_view text);

/// Whether `pattern`, with at most one '*' for any text, matches the whole name.
bool matches(std::string_view pattern, std::string_view name);

/// The entry for a tensor: the exact name if there is one, else the first pattern that matches.
const tenon::Dims* find_shape(const Shapes& shapes, std::string_view name);

/// "fp16:chw+hwc": the type, where given, and the allowed formats as bits.
struct IoFormat {
  std::optional<tenon::DataType> type;
  tenon::TensorFormats formats = 1;
};
std::vector<IoFormat> parse_io_formats(std::string_view flag, std::string_view text);

/// "fp16:chw+hwc,chw"; "fp32:chw" for an empty list.
std::string to_text(const std::vector<IoFormat>& list);

std::vector<float> parse_percentiles(std::string_view flag, std::string_view text);

/// "1x3x224x224"; "scalar" without dimensions.
std::string to_text(const tenon::Dims& dims);
/// Lower-case name as in --inputIOFormats: "fp16", "int64".
std::string_view to_text(tenon::DataType type);
std::string_view to_text(tenon::TensorFormat format);
std::string to_text(const Shapes& shapes);

}  // namespace tenonexec
