# SPDX-License-Identifier: MIT
# This machine with another C library: musl, from Debian's musl-tools; the other libraries from
# scripts/cross-sysroot, built with it. Programs run as they are.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${CMAKE_HOST_SYSTEM_PROCESSOR})
set(CMAKE_C_COMPILER musl-gcc)

set(dl3_sysroot ${CMAKE_CURRENT_LIST_DIR}/../../build/sysroot/musl)
cmake_path(NORMAL_PATH dl3_sysroot)

# Nothing of Debian's own libraries may come in: they are linked with glibc.
set(CMAKE_FIND_ROOT_PATH ${dl3_sysroot})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${dl3_sysroot}/lib/pkgconfig)
# musl-gcc leaves out the kernel's headers, too; cross-sysroot lays links to them.
set(CMAKE_C_FLAGS_INIT "-isystem ${dl3_sysroot}/kernel")
