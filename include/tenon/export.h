// SPDX-License-Identifier: Apache-2.0
#ifndef TENON_EXPORT_H
#define TENON_EXPORT_H

/* The libraries are built with hidden visibility; what carries this mark is their whole surface. */
#if defined(_WIN32)
#if defined(TENON_BUILDING)
#define TENON_API __declspec(dllexport)
#else
#define TENON_API __declspec(dllimport)
#endif
#else
#define TENON_API __attribute__((visibility("default")))
#endif

#define TENON_MAJOR 0
#define TENON_MINOR 1
#define TENON_PATCH 0
/* major * 10000 + minor * 100 + patch */
#define TENON_VERSION (TENON_MAJOR * 10000 + TENON_MINOR * 100 + TENON_PATCH)

#endif
