// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tn::cuda {

/// Declares team_reduce(state, combine) among the TEAM threads of a row, and extremes. Needs the macros of
/// row_text(), index_t, and the types x_t, acc_t and result_t.
std::string_view row_team();

// What follows the declarations of each(visit) and write(column, values) in a kernel.
std::string reduce_body();
std::string arg_body();
std::string softmax_body();
std::string hardmax_body();
std::string norm_body();

}  // namespace tn::cuda
