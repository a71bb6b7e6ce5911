"""The survey figures of Shoko Research Institute (2012), as printed."""
