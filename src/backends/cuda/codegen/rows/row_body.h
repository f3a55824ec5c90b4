// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tn::cuda {

/// Declares team_reduce(state, combine) among the TEAM threads of a row, and extremes. Needs the macros of
/// row_text(), index_t, and the types x_t, acc_t and result_t.
std::string_view row_team();

// What follows the declarations of each(visit) and write(column, values) in a kernel.
std::string_view reduce_body();
std::string_view arg_body();
std::string_view softmax_body();
std::string_view hardmax_body();
std::string_view norm_body();

}  // namespace tn::cuda
