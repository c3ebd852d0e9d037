"""Labels made by hand: femoral heads in MRI, regions of the hip on films; and what reads, checks and draws them."""
