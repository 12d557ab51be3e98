# SPDX-License-Identifier: MIT
# How every target of the project is compiled: dl3_compile(TARGET).

set(dl3_warnings
	-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
	-Wold-style-definition -Wcast-qual -Wcast-align -Wwrite-strings -Wpointer-arith -Wundef
	-Wformat=2 -Wvla -Wimplicit-fallthrough)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
	list(APPEND dl3_warnings -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wnull-dereference)
endif()

set(dl3_instrument "")
if(DL3_SANITIZE)
	# A report must end the program: one that goes on would leave the test green.
	list(APPEND dl3_instrument -fsanitize=${DL3_SANITIZE} -fno-sanitize-recover=all
		-fno-omit-frame-pointer)
endif()
if(DL3_COVERAGE)
	list(APPEND dl3_instrument --coverage -fprofile-abs-path -fprofile-update=prefer-atomic)
endif()

function(dl3_compile target)
	set_target_properties(${target} PROPERTIES
		C_STANDARD 17
		C_STANDARD_REQUIRED ON
		C_EXTENSIONS OFF
		C_VISIBILITY_PRESET hidden)
	target_compile_options(${target} PRIVATE ${dl3_warnings} ${dl3_instrument}
		$<$<BOOL:${DL3_WERROR}>:-Werror>)
	target_link_options(${target} PRIVATE ${dl3_instrument})
	target_compile_definitions(${target} PRIVATE
		$<$<BOOL:${DL3_NO_SIMD}>:DL3_NO_SIMD>)
endfunction()
